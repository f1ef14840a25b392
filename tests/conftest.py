"""One PostgreSQL for all tests, migrated once; whoever writes gets a copy of it. Nothing is ever skipped."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, make_url

from dashboard import create_app, embedded, migrate
from dashboard.config import Settings
from dashboard.db import db, owner_engine
from dashboard.embedded import Urls

SECRET = "only-for-tests-0123456789"
# Tests lose nothing by a power cut, so they need not wait for the disk.
UNSAFE_AND_FAST = ("fsync = off", "full_page_writes = off", "synchronous_commit = off")

_number = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long the state machine looks, and from where."""
    parser.addoption("--machine-examples", default="560", help="how many runs of up to 50 steps (560: 25,000 steps)")
    parser.addoption("--machine-seed", default=None, help="the seed a failure printed")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Urls]:
    """The migrated database every test copies; never written to."""
    data_dir = tmp_path_factory.mktemp("pg")
    urls = embedded.ensure_running(data_dir)
    _hurry(urls)
    migrate.upgrade(urls.owner)
    yield urls
    embedded.release(data_dir)


@pytest.fixture(scope="module")
def database(template: Urls) -> Iterator[Urls]:
    """A migrated database of this module's own."""
    with copied(template) as urls:
        yield urls


@pytest.fixture
def fresh_database(template: Urls) -> Iterator[Urls]:
    """A migrated database of this test's own."""
    with copied(template) as urls:
        yield urls


@pytest.fixture(scope="module")
def app(database: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The app on this module's database."""
    with serving(database, tmp_path_factory.mktemp("data")) as app:
        yield app


@pytest.fixture
def fresh_app(fresh_database: Urls, tmp_path: Path) -> Iterator[Flask]:
    """The app on this test's own database."""
    with serving(fresh_database, tmp_path) as app:
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that has not signed in."""
    return app.test_client()


@pytest.fixture
def connection(app: Flask) -> Iterator[Connection]:
    """A connection of the app's role in a transaction that is rolled back."""
    with app.app_context(), db.engine.connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def owner(database: Urls) -> Iterator[Connection]:
    """An autocommitting connection of the database's owner."""
    with owned(database) as connection:
        yield connection


@contextmanager
def owned(urls: Urls | str) -> Iterator[Connection]:
    """Connect as the owner of a database, named by its address or both; each statement on its own."""
    engine = owner_engine(urls if isinstance(urls, str) else urls.owner)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@contextmanager
def copied(template: Urls) -> Iterator[Urls]:
    """Copy the migrated database, and drop the copy at the end."""
    # The process is in it: several may copy one template.
    name = f"copy_{os.getpid()}_{next(_number)}"
    with _administrator(template) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {embedded.DATABASE} OWNER {embedded.OWNER}".encode())
    urls = Urls(*(_named(url, name) for url in (template.owner, template.app)))
    yield urls
    with _administrator(template) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def serving(urls: Urls, data_dir: Path) -> Iterator[Flask]:
    """Build the app on a database, and close its connections at the end."""
    app = create_app(
        Settings(
            data_dir=data_dir,
            database_url=urls.owner,
            app_database_url=urls.app,
            host="127.0.0.1",
            port=5000,
            demo=False,
            secret_key=SECRET,
        )
    )
    app.config["TESTING"] = True
    yield app
    with app.app_context():
        db.engine.dispose()


def _named(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@contextmanager
def _administrator(urls: Urls) -> Iterator[psycopg.Connection]:
    url = make_url(urls.owner)
    with psycopg.connect(
        host=str(url.query["host"]), user=embedded.SUPERUSER, dbname="postgres", autocommit=True
    ) as connection:
        yield connection


def _hurry(urls: Urls) -> None:
    with _administrator(urls) as connection:
        for setting in UNSAFE_AND_FAST:
            connection.execute(f"ALTER SYSTEM SET {setting}".encode())
        connection.execute(b"SELECT pg_reload_conf()")
