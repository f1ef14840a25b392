"""Two ways to charge a request: the database's function, and POST /api/v1/usage of a running web server."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import psutil
import psycopg

from benchmarks.scratch import ROOT, Scratch
from benchmarks.storm.company import MODEL, STARTED, Connection, connect, event

PATIENCE_SECONDS = 60
PER_MINUTE = 100_000
SERVER_IS_DOWN = 503


@dataclass
class Seen:
    """What the clients saw."""

    acknowledged: list[tuple[str, str, str]] = field(default_factory=list)
    unknown: int = 0
    unavailable: int = 0
    failures: Counter[str] = field(default_factory=Counter)


class Asker(Protocol):
    """One client."""

    def ask(self, user: str, request: str) -> str | None:
        """Charge a request; returns what is said of it, None if nobody knows: then it is asked again."""

    def close(self) -> None: ...


class SqlAsker:
    """Calls the function as the web workers do."""

    def __init__(self, own: Scratch, seen: Seen) -> None:
        self._own, self._seen = own, seen
        self._connection: Connection | None = None

    def ask(self, user: str, request: str) -> str | None:
        try:
            self._connection = self._connection or connect(self._own)
            body = json.dumps(event(user, request))
            row = self._connection.execute("select outcome from charge_one(%s::jsonb)", (body,)).fetchone()
        except psycopg.Error as error:
            self.close()
            if blamed(error):
                self._seen.failures[type(error).__name__] += 1
                return "failed"
            return None
        return str(row and row[0])

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None


class HttpAsker:
    """Posts usage with a key over one kept connection."""

    def __init__(self, port: int, key: str, seen: Seen) -> None:
        self._port, self._seen = port, seen
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, user: str, request: str) -> str | None:
        body = {
            "customer": user, "request_id": request, "provider": "openai", "model": MODEL, "input_tokens": 1,
            "output_tokens": 0, "request_started_at": STARTED,
        }  # fmt: skip
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
            self._connection.request("POST", "/api/v1/usage", json.dumps(body), self._headers)
            answer = self._connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return None
        if answer.status in {200, 201}:
            return "replayed" if json.loads(said)["replayed"] else "charged"
        if answer.status == SERVER_IS_DOWN:
            self._seen.unavailable += 1
            return None
        self._seen.failures[f"{answer.status} {said[:200]!r}"] += 1
        return "failed"

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None


@dataclass(frozen=True)
class Web:
    """A web server, its port, and a key for it."""

    process: "subprocess.Popen[bytes]"
    port: int
    key: str

    def workers(self) -> list[int]:
        """Return the pids of the web workers: every child but the job worker."""
        return [pid for pid, is_job in self._children() if not is_job]

    def jobs(self) -> list[int]:
        """Return the pid of the job worker, if it is there."""
        return [pid for pid, is_job in self._children() if is_job]

    def _children(self) -> list[tuple[int, bool]]:
        try:
            children = psutil.Process(self.process.pid).children()
            return [(child.pid, "worker" in child.cmdline()) for child in children]
        except psutil.Error:
            return []


@contextmanager
def serving(own: Scratch) -> Iterator[Web]:
    """Run `flask serve` on this database until the end."""
    made = own.flask("api-key", "create", "--name", "storm", "--scope", "usage:write", "--per-minute", str(PER_MINUTE))
    port = _free_port()
    environment = {**own.environment, "PORT": str(port), "DEMO": "0"}
    command = [sys.executable, "-m", "flask", "serve"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet, start_new_session=True
    ) as process:
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not _listens(port) and time.monotonic() < deadline:
                time.sleep(0.1)
            yield Web(process, port, made.stdout.strip().splitlines()[-1].strip())
        finally:
            process.terminate()


def blamed(error: psycopg.Error) -> bool:
    """Say whether this cannot be put down to a killed server."""
    ours = (psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)
    return isinstance(error, ours) or not isinstance(error, psycopg.OperationalError)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
