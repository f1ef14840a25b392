"""Real workers on a test's own database, each a process that may be killed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from dashboard import db
from dashboard.embedded import Urls
from tests.conftest import SECRET
from tests.processes import ROOT


@contextmanager
def working(database: Urls, data_dir: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `flask worker` until the end, at the latest."""
    environment = {
        **os.environ,
        "DATABASE_URL": database.owner,
        "APP_DATABASE_URL": database.app,
        "DATA_DIR": str(data_dir),
        "SECRET_KEY": SECRET,
        "DEMO": "0",
        **more,
    }
    command = [sys.executable, "-m", "flask", "worker"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(20)


def asked(app: Flask, sql: str, **parameters: object) -> object:
    """Return the one value of a question to the database."""
    with app.app_context(), db.db.engine.connect() as connection:
        return connection.execute(text(sql), parameters).scalar_one()
