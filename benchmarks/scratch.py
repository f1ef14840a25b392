"""A Ledgerline of its own in a temporary folder, for measuring and for long trials."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from dashboard import create_app, db, embedded, migrate
from dashboard.config import Settings

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "ledgerline-demo"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Scratch:
    """A running database, its app and the environment of its commands."""

    app: "Flask"
    settings: Settings
    environment: dict[str, str]

    def flask(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a `flask` command against this database, as a person would."""
        command = [sys.executable, "-m", "flask", *words]
        found = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        if check and found.returncode:
            raise RuntimeError(f"flask {' '.join(words)} failed:\n{found.stdout[-2000:]}\n{found.stderr[-2000:]}")
        return found

    def owner(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """Return a connection of the database's owner, autocommitting."""
        url = db.urls(self.settings).owner.replace("postgresql+psycopg", "postgresql")
        return psycopg.connect(url, autocommit=True)

    def signed_in(self, email: str = "finance@ledgerline.test") -> "FlaskClient":
        """Return a client that signed in through the form."""
        client = self.app.test_client()
        page = client.get("/sign-in").get_data(as_text=True)
        token = TOKEN.search(page)
        given = {"email": email, "password": PASSWORD, "csrf_token": token.group(1) if token else ""}
        answer = client.post("/sign-in", data=given)
        if answer.status_code != 303:
            raise RuntimeError(f"Sign-in answered {answer.status_code}")
        return client


@contextmanager
def scratch(kept: Path | None = None) -> Iterator[Scratch]:
    """Start an embedded PostgreSQL in a temporary folder, or in one to keep, migrate it, and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="ledgerline-") if kept is None else nullcontext(str(kept)) as folder:
        environment = {**os.environ, "DATA_DIR": folder, "FLASK_APP": "wsgi"}
        environment.pop("DATABASE_URL", None)
        settings = Settings.from_environment(environment)
        migrate.upgrade(embedded.ensure_running(settings.data_dir).owner)
        app = create_app(settings)
        try:
            yield Scratch(app, settings, environment)
        finally:
            with app.app_context():
                db.db.engine.dispose()
            embedded.release(settings.data_dir)
