"""`flask serve`: everything from a prepared machine to pages in a browser."""

import errno
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

import click
from flask import Flask, current_app

from dashboard import db
from dashboard.access import rates
from dashboard.cli import make_ready
from dashboard.config import CannotStart, Settings
from dashboard.drift import refuse_drift
from dashboard.reports.operators import demo_accounts
from dashboard.reports.start import demo_wanted

WORKERS = 2
THREADS = 8
# Of each worker; those that say nothing for a while are closed after KEPT_SECONDS. Proxies close theirs after sixty.
CONNECTIONS, KEPT_SECONDS = 2_000, 75
GRACE_SECONDS = 5
LONGEST_REQUEST_SECONDS = 90
# The job worker starts after the pages are there, and waits longer each time it dies at once.
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 60.0
WORKER_GRACE_SECONDS = 8


@click.command("serve")
@click.pass_context
def serve(context: click.Context) -> None:
    """Start everything: database, migrations, demo (unless DEMO=0), web server, job worker."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the documented way to the app itself
    settings: Settings = app.config["LEDGERLINE"]
    _refuse_taken(settings.host, settings.port)
    make_ready()
    with db.snapshot() as connection:
        refuse_drift(connection)
    if settings.demo and _wants_demo():
        context.invoke(app.cli.commands["demo"])
    db.with_web_timeout(app)
    _serve(app, settings, _welcome(settings))


def _refuse_taken(host: str, port: int) -> None:
    """Find out before anything is started whether the address can be listened on."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        raise CannotStart(_why_not(host, port, error)) from error


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use by another program; stop it, or choose another: PORT={port + 1} make run."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for the system's own services; choose one above 1023: PORT=5000 make run."
    return f"Ledgerline cannot listen on {host}:{port} ({error.strerror or error}); set HOST and PORT to an address of this machine."


def _wants_demo() -> bool:
    """Whether nobody has used this database yet, or loading the demo was broken off."""
    with db.snapshot() as connection:
        return demo_wanted.one(connection).is_wanted


def _welcome(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    lines = [
        "",
        f"  Ledgerline is at http://{host}:{settings.port}",
        *_sign_ins(settings),
        "",
        "  Ctrl-C stops it.",
        "",
    ]
    return "\n".join(lines)


def _sign_ins(settings: Settings) -> list[str]:
    if not settings.demo:
        return []
    with db.snapshot() as connection:
        accounts = demo_accounts.all(connection)
    if not accounts:
        return []
    return [
        "",
        "  Demo sign-ins, all with the password  ledgerline-demo",
        *(f"    {account.email:<32}{account.role}" for account in accounts),
    ]


def _serve(app: Flask, settings: Settings, welcome: str) -> None:
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415 - no other command needs the web server
    from gunicorn.arbiter import Arbiter  # noqa: PLC0415 - as above

    class Keeper(Arbiter):  # type: ignore[misc]  # as below
        """Keeps a job worker running beside the web workers, and stops it with them."""

        def manage_workers(self) -> None:
            super().manage_workers()
            jobs.keep()

        def stop(self, graceful: bool = True) -> None:  # noqa: FBT001, FBT002 - gunicorn's signature
            jobs.end()
            super().stop(graceful)
            jobs.wait()

    jobs = _JobWorker()

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no type hints
        """Gunicorn around the app that is loaded already."""

        def load_config(self) -> None:
            for name, value in _options(app, settings, welcome).items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

        def run(self) -> None:
            arbiter = Keeper(self)
            if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
                # A closed terminal ends us like Ctrl-C; under nohup gunicorn's own meaning stays.
                arbiter.handle_hup = arbiter.handle_int
            arbiter.run()

    Server().run()


class _JobWorker:
    """The process that runs background jobs: `flask worker`, started again when it dies."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.wait_seconds = FIRST_WAIT_SECONDS
        self.not_before = time.monotonic() + FIRST_WAIT_SECONDS
        self.is_ending = False

    def keep(self) -> None:
        """Start it if it is not there; called every second."""
        if self.is_ending or time.monotonic() < self.not_before:
            return
        if self.process is None:
            self.process = _start_worker()
            return
        if self.process.poll() is None:
            return
        click.echo(f"The job worker ended; it is started again in {self.wait_seconds:.0f} s.", err=True)
        self._let_go()
        self.not_before = time.monotonic() + self.wait_seconds
        self.wait_seconds = min(self.wait_seconds * 2, LONGEST_WAIT_SECONDS)

    def end(self) -> None:
        """Ask it to stop: it finishes what it is at, or leaves it to the next worker."""
        self.is_ending = True
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.terminate()

    def wait(self) -> None:
        """Wait until it has stopped, so that it does not outlive the database."""
        if self.process is None:
            return
        try:
            self.process.wait(WORKER_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._let_go()

    def _let_go(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
        self.process = None


def _start_worker() -> "subprocess.Popen[bytes]":
    # In a session of its own, so that Ctrl-C reaches it through us alone; our end of the pipe tells it when we are gone.
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "worker", "--with-parent"], stdin=subprocess.PIPE, start_new_session=True
    )


def _begin_work(app: Flask) -> None:
    # Ctrl-C reaches the whole terminal; the web workers wait for our word, or they would be interrupted in leaving.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    rates.write_every_second(app)


def _options(app: Flask, settings: Settings, welcome: str) -> dict[str, Any]:
    from dashboard.web_worker import PatientWorker  # noqa: PLC0415 - no other command needs the web server

    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return {
        "bind": f"{host}:{settings.port}",
        "workers": WORKERS,
        "threads": THREADS,
        "worker_class": PatientWorker,
        "worker_connections": CONNECTIONS,
        "preload_app": True,
        "timeout": LONGEST_REQUEST_SECONDS,
        "graceful_timeout": GRACE_SECONDS,
        "keepalive": KEPT_SECONDS,
        "loglevel": "warning",
        "control_socket_disable": True,
        "proc_name": "ledgerline",
        "when_ready": lambda _arbiter: click.echo(welcome),
        "post_fork": lambda _arbiter, _worker: db.forget_connections(app),
        "post_worker_init": lambda _worker: _begin_work(app),
    }
