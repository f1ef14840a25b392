"""Bringing the database to the schema this version knows, as its owner, one process at a time."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from dashboard.config import CannotStart
from dashboard.db import APP_ROLE, owner_engine, unreachable

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

OLDEST_POSTGRESQL = 15
FIRST_WITH_SET_OPTION = 16
LOCK = 4_271_530_071
SCRIPTS = Path(__file__).resolve().parent.parent / "migrations"


def upgrade(url: str, scripts: Path = SCRIPTS) -> str | None:
    """Migrate to the newest schema and return its revision; does nothing when it is there already."""
    engine = owner_engine(url)
    try:
        with engine.connect() as connection:
            _refuse_old(connection)
            newest = head(scripts)
            if _revision(connection) != newest or not _role_ready(connection):
                _upgrade_alone(connection, scripts)
            return newest
    except OperationalError as error:
        raise unreachable(url, error) from error
    finally:
        engine.dispose()


def start_over(url: str) -> None:
    """Empty the database and migrate it again: for a demo whose loading was broken off, and nothing else."""
    engine = owner_engine(url)
    try:
        with engine.connect() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    finally:
        engine.dispose()
    upgrade(url)


def current(url: str) -> str | None:
    """Return the revision the database is at, None when it has no schema yet."""
    engine = owner_engine(url)
    try:
        with engine.connect() as connection:
            return _revision(connection)
    except OperationalError as error:
        raise unreachable(url, error) from error
    finally:
        engine.dispose()


def head(scripts: Path = SCRIPTS) -> str | None:
    """Return the newest revision this version knows."""
    return _directory(scripts).get_current_head()


def _upgrade_alone(connection: Connection, scripts: Path) -> None:
    from alembic import command  # noqa: PLC0415 - a start that has nothing to migrate need not load it

    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
    try:
        _refuse_newer(connection, scripts)
        _ensure_role(connection)
        config = _config(scripts)
        connection.commit()
        config.attributes["connection"] = connection.execution_options(isolation_level="READ COMMITTED")
        command.upgrade(config, "head")
    finally:
        connection.rollback()
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})


def _refuse_old(connection: Connection) -> None:
    version = _version(connection)
    if version < OLDEST_POSTGRESQL:
        message = (
            f"The database is PostgreSQL {version}; nothing was changed: "
            f"Ledgerline needs PostgreSQL {OLDEST_POSTGRESQL} or newer."
        )
        raise CannotStart(message)


def _refuse_newer(connection: Connection, scripts: Path) -> None:
    revision = _revision(connection)
    known = {script.revision for script in _directory(scripts).walk_revisions()}
    if revision is not None and revision not in known:
        message = (
            f"The database was written by a newer Ledgerline (its schema {revision} is unknown to this version); "
            "nothing was changed: start the newer version, or restore a backup made before it."
        )
        raise CannotStart(message)


def _version(connection: Connection) -> int:
    return int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000


def _revision(connection: Connection) -> str | None:
    found = connection.execute(text("SELECT to_regclass('alembic_version')::text")).scalar_one()
    if found is None:
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _role_ready(connection: Connection) -> bool:
    """Whether the app's role exists and this user may become it."""
    # From 16 on a role's creator is a member that may not become it, until granted so.
    kind = "SET" if _version(connection) >= FIRST_WITH_SET_OPTION else "MEMBER"
    sql = "SELECT pg_has_role(current_user, oid, :kind) FROM pg_roles WHERE rolname = :role"
    return bool(connection.execute(text(sql), {"role": APP_ROLE, "kind": kind}).scalar_one_or_none())


def _ensure_role(connection: Connection) -> None:
    if _role_ready(connection):
        return
    sql = "SELECT true FROM pg_roles WHERE rolname = :role"
    try:
        if not connection.execute(text(sql), {"role": APP_ROLE}).scalar_one_or_none():
            connection.execute(text(f"CREATE ROLE {APP_ROLE}"))
        connection.execute(text(f"GRANT {APP_ROLE} TO CURRENT_USER"))
    except ProgrammingError as error:
        message = (
            f"This database user may not make the role {APP_ROLE}, as which Ledgerline runs; nothing was changed: "
            f"have an administrator run CREATE ROLE {APP_ROLE}; GRANT {APP_ROLE} TO the user of DATABASE_URL."
        )
        raise CannotStart(message) from error


def _directory(scripts: Path) -> "ScriptDirectory":
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    return ScriptDirectory.from_config(_config(scripts))


def _config(scripts: Path) -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return config
