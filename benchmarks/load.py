"""Load on a web server from one thread: as fast as it answers, or so many requests a second whatever it does."""

import resource
import selectors
import socket
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

END = b"\r\n\r\n"
LENGTH = b"content-length:"
GRACE_SECONDS = 10
FILES = 4_096


@dataclass
class Load:
    """What came back. Latencies count from when a request was to be sent, so that waiting for its turn is in them."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    # Of the one thread that sends and reads.
    cpu_seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def quantile_ms(self, share: float) -> float:
        """Return the latency that a share of the answers did not exceed, in milliseconds."""
        return sorted(self.latencies)[min(len(self.latencies) - 1, int(len(self.latencies) * share))] * 1000


class _Line:
    """One kept connection and the request it waits for."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.due = 0.0
        self.is_waiting = False
        self.answer = b""
        self.socket = self._open()

    def _open(self) -> socket.socket:
        found = socket.create_connection(("127.0.0.1", self._port), timeout=GRACE_SECONDS)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return found

    def send(self, request: bytes, due: float) -> None:
        self.due, self.is_waiting, self.answer = due, True, b""
        self.socket.sendall(request)

    def read(self) -> str | None:
        """Return the status of a whole answer, `lost` when the server hung up, None while more is to come."""
        try:
            part = self.socket.recv(65_536)
        except OSError:
            part = b""
        if not part:
            return "lost"
        self.answer += part
        head, found, body = self.answer.partition(END)
        if not found:
            return None
        length = int(head.lower().partition(LENGTH)[2].split(b"\r\n", 1)[0] or 0)
        return head[9:12].decode() if len(body) >= length else None

    def renew(self) -> None:
        self.socket.close()
        self.socket = self._open()


def load(port: int, requests: Iterator[bytes], lines: int, seconds: float, rate: float | None = None) -> Load:
    """Send requests over so many connections: each as soon as the last is answered, or `rate` a second."""
    measured = Load()
    opened = [_Line(port) for _ in range(lines)]
    with selectors.DefaultSelector() as selector:
        for line in opened:
            selector.register(line.socket, selectors.EVENT_READ, line)
        started, cpu = time.perf_counter(), time.thread_time()
        _send(selector, deque(opened), requests, measured, seconds, rate)
        measured.seconds, measured.cpu_seconds = time.perf_counter() - started, time.thread_time() - cpu
    for line in opened:
        line.socket.close()
    return measured


@contextmanager
def held(port: int, count: int, request: bytes) -> Iterator["list[socket.socket]"]:
    """Hold so many connections open, each after one answered request."""
    lines = []
    try:
        for _ in range(count):
            line = _Line(port)
            lines.append(line)
            line.send(request, 0)
            while (status := line.read()) is None:
                pass
            if status != "200":
                raise RuntimeError(f"A connection to be held was answered {status}")
        yield [line.socket for line in lines]
    finally:
        for line in lines:
            line.socket.close()


def still_open(sockets: "list[socket.socket]") -> int:
    """Count the connections the server has not closed."""
    count = 0
    for one in sockets:
        one.settimeout(0)
        with suppress(BlockingIOError):
            one.recv(1)
            continue
        count += 1
    return count


def allow_files() -> None:
    """Allow this process and its children to have thousands of connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _send(
    selector: selectors.BaseSelector,
    idle: deque[_Line],
    requests: Iterator[bytes],
    measured: Load,
    seconds: float,
    rate: float | None,
) -> None:
    began = time.perf_counter()
    most = int(seconds * rate) if rate else None
    sent, lines = 0, len(idle)
    while True:
        now = time.perf_counter()
        is_over = sent == most if most is not None else now - began >= seconds
        if is_over and (len(idle) == lines or now - began > seconds + GRACE_SECONDS):
            break
        wait = 0.1
        while idle and not is_over:
            due = began + sent / rate if rate else now
            if due > now:
                wait = due - now
                break
            idle.popleft().send(next(requests), due)
            sent += 1
            is_over = sent == most
        for key, _ in selector.select(wait):
            _hear(selector, key.data, idle, measured)
    measured.statuses["no answer"] += lines - len(idle)


def _hear(selector: selectors.BaseSelector, line: _Line, idle: deque[_Line], measured: Load) -> None:
    status = line.read()
    if status is None:
        return
    if status == "lost":
        selector.unregister(line.socket)
        line.renew()
        selector.register(line.socket, selectors.EVENT_READ, line)
    if line.is_waiting:
        line.is_waiting = False
        measured.statuses[status] += 1
        measured.latencies.append(time.perf_counter() - line.due)
        idle.append(line)
