"""The database: where it is, and the two ways in: a transaction that writes, a snapshot that reads."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, TypeVar

import psycopg
from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from dashboard import embedded
from dashboard.config import CannotStart, Settings
from dashboard.embedded import Urls

APP_ROLE = embedded.APP
WEB_STATEMENT_TIMEOUT = "60s"
WEB_LOCK_TIMEOUT = "5s"
NO_TIMEOUT = "0"
# Two imports at once wait for each other's customers, and both for a rebuild of the summaries.
PATIENT_LOCK_TIMEOUT = "10min"


class Base(DeclarativeBase):
    """What every table of Ledgerline derives from."""


T = TypeVar("T")
Driver = psycopg.Cursor[Any]
SINGLE = "ledgerline single statements"
# operator_intervention: the server ends the connection, or is not up yet.
SERVER_GONE = "57P"

db = SQLAlchemy(model_class=Base)
_joined: ContextVar[Session | None] = ContextVar("joined", default=None)


def attach(app: Flask, settings: Settings) -> None:
    """Give the app its database; connects to nothing, and starts the embedded one at the first connection."""
    app.config["LEDGERLINE"] = settings
    app.config["SQLALCHEMY_DATABASE_URI"] = _addresses(settings).app
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {"pool_size": 8, "max_overflow": 8, "pool_pre_ping": True})
    app.config.setdefault("STATEMENT_TIMEOUT", WEB_STATEMENT_TIMEOUT)
    app.config.setdefault("LOCK_TIMEOUT", WEB_LOCK_TIMEOUT)
    db.init_app(app)
    with app.app_context():
        _prepare_connections(db.engine, app, settings)
        app.extensions[SINGLE] = _Single(db.engine)


def urls(settings: Settings) -> Urls:
    """Where the database is; starts the embedded PostgreSQL when no DATABASE_URL is given."""
    if settings.database_url is None:
        return embedded.ensure_running(settings.data_dir)
    return _addresses(settings)


@contextmanager
def transaction() -> Iterator[Session]:
    """One READ COMMITTED transaction: committed at the end, rolled back on any error."""
    joined = _joined.get()
    if joined is not None:
        yield joined
        return
    with Session(db.engine, expire_on_commit=False) as session, session.begin():
        yield session
    for act in session.info.pop("afterwards", ()):
        act()


def afterwards(session: Session, act: Callable[[], None]) -> None:
    """Do something once this transaction is committed and its connection given back, never when it is rolled back.

    Not in SQLAlchemy's after_commit: the connection is still held there, and as many threads as there are
    connections would each wait for a second one.
    """
    session.info.setdefault("afterwards", []).append(act)


def single_statement(ask: Callable[[Driver], T]) -> T:
    """One statement that is its own transaction, in one round trip: no BEGIN, no COMMIT, no ping before it.

    That the server has gone meanwhile is found out by trying; then it is asked once more on a new connection.
    So only for what may be sent twice. Raises as SQLAlchemy does.
    """
    single: _Single = current_app.extensions[SINGLE]
    try:
        return single.ask(ask)
    except psycopg.Error as error:
        raise DBAPIError.instance(None, None, error, psycopg.Error) from error


@contextmanager
def joined_by_all(session: Session) -> Iterator[None]:
    """Let every transaction begun in here be part of this one: an act and the record that it was done, or neither."""
    token = _joined.set(session)
    try:
        yield
    finally:
        _joined.reset(token)


@contextmanager
def snapshot() -> Iterator[Connection]:
    """One REPEATABLE READ, READ ONLY transaction: every number of a page is of the same moment."""
    reading = db.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with reading.connect() as connection:
        yield connection


@contextmanager
def same_snapshot(connection: Connection) -> Iterator[Connection]:
    """One more connection that sees exactly what a snapshot sees, for work beside it."""
    name = connection.exec_driver_sql("select pg_export_snapshot()").scalar_one()
    reading = db.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with reading.connect() as beside:
        beside.exec_driver_sql(f"set transaction snapshot '{name}'")
        yield beside


@contextmanager
def owner_connection(settings: Settings | None = None) -> Iterator[Connection]:
    """One connection of the database's owner, autocommitting, for migrations and maintenance."""
    engine = owner_engine(urls(settings or current_app.config["LEDGERLINE"]).owner)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def owner_engine(url: str) -> Engine:
    """Return an engine that keeps no connection and commits each statement."""
    return create_engine(normalised(url), poolclass=NullPool, isolation_level="AUTOCOMMIT")


def without_timeout(app: Flask) -> None:
    """Let statements of this process take as long as they need: imports and maintenance, never the web."""
    _set_timeouts(app, NO_TIMEOUT, PATIENT_LOCK_TIMEOUT)


def with_web_timeout(app: Flask) -> None:
    """Bound the statements of this process, as for every page."""
    _set_timeouts(app, WEB_STATEMENT_TIMEOUT, WEB_LOCK_TIMEOUT)


def forget_connections(app: Flask) -> None:
    """Drop connections inherited by a fork; they are still the parent's."""
    with app.app_context():
        db.engine.dispose(close=False)


def normalised(url: str) -> URL:
    """Read any spelling of a PostgreSQL address (`postgres://`, `postgresql://`)."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        message = "DATABASE_URL is not an address; it looks like postgresql://user:password@host:5432/database."
        raise CannotStart(message) from error
    if parsed.drivername.partition("+")[0] not in {"postgres", "postgresql"}:
        message = f"DATABASE_URL names a {parsed.drivername} database; Ledgerline needs PostgreSQL 15 or newer."
        raise CannotStart(message)
    return parsed.set(drivername="postgresql+psycopg")


def unreachable(url: str, error: OperationalError) -> CannotStart:
    """Say that the database cannot be reached, without its password."""
    lines = [line.strip() for line in str(error.orig).splitlines() if line.strip()]
    reason = lines[-1].removeprefix("connection failed:").strip() if lines else "no reason given"
    where = normalised(url).render_as_string(hide_password=True).replace("postgresql+psycopg", "postgresql")
    return CannotStart(
        f"The database at {where} cannot be reached ({reason.rstrip('.')}); nothing was changed: "
        "check that it runs and that DATABASE_URL is right."
    )


class _Single:
    """Connections for single statements, kept open; as many as threads have asked at once, the last used first."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._idle: deque[Driver] = deque()
        event.listen(engine, "engine_disposed", lambda _: self._close_idle())

    def ask(self, ask: Callable[[Driver], T]) -> T:
        try:
            kept = self._idle.pop()
        except IndexError:
            return self._asked(self._opened(), ask)
        try:
            return self._asked(kept, ask)
        except psycopg.OperationalError:
            if not kept.connection.closed:
                raise
            # The others are of the same server, and as stale.
            self._close_idle()
            return self._asked(self._opened(), ask)

    def _asked(self, driver: Driver, ask: Callable[[Driver], T]) -> T:
        try:
            return ask(driver)
        except psycopg.OperationalError as error:
            if (error.sqlstate or "").startswith(SERVER_GONE):
                driver.connection.close()
            raise
        finally:
            if not driver.connection.closed:
                self._idle.append(driver)

    def _opened(self) -> Driver:
        pooled = self._engine.raw_connection()
        connection: psycopg.Connection[Any] = pooled.driver_connection  # type: ignore[assignment]  # as the address says
        pooled.detach()
        connection.autocommit = True
        # One short statement again and again: planning it is most of what it costs outside the function.
        connection.prepare_threshold = 0
        # One cursor for all of them: making one is a third of what the driver costs.
        return connection.cursor()

    def _close_idle(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().connection.close()


def _addresses(settings: Settings) -> Urls:
    if settings.database_url is None:
        return embedded.urls(settings.data_dir)
    owner = normalised(settings.database_url)
    app = normalised(settings.app_database_url) if settings.app_database_url else owner
    return Urls(owner.render_as_string(hide_password=False), app.render_as_string(hide_password=False))


def _prepare_connections(engine: Engine, app: Flask, settings: Settings) -> None:
    if settings.database_url is None:

        @event.listens_for(engine, "do_connect")
        def start_first(dialect: Any, _record: Any, args: Any, options: Any) -> Any:
            embedded.join(settings.data_dir)
            try:
                return dialect.connect(*args, **options)
            except dialect.loaded_dbapi.OperationalError:
                embedded.ensure_running(settings.data_dir)
                return dialect.connect(*args, **options)

    @event.listens_for(engine, "connect")
    def become_the_app(connection: Any, _record: Any) -> None:
        # Filters are optional: a plan kept for all of them would read the whole ledger for each.
        connection.prepare_threshold = None
        connection.autocommit = True
        connection.execute(
            f"SET ROLE {APP_ROLE}; SET TIME ZONE 'UTC'; SET lock_timeout = '{app.config['LOCK_TIMEOUT']}'; "
            f"SET statement_timeout = '{app.config['STATEMENT_TIMEOUT']}'"
        )
        connection.autocommit = False


def _set_timeouts(app: Flask, statement: str, lock: str) -> None:
    app.config["STATEMENT_TIMEOUT"] = statement
    app.config["LOCK_TIMEOUT"] = lock
    with app.app_context():
        db.engine.dispose()
