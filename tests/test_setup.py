"""From an empty machine to a running server: what a person types, and what refuses to go wrong."""

import json
import os
import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from dashboard import create_app, db, embedded, migrate
from dashboard.config import CannotStart, Settings
from tests.processes import ROOT, eventually, flask, free_port, listens, postmaster, serving
from tools.frontend import style_sheet


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One data directory for the whole file: nothing here writes business data."""
    folder = tmp_path_factory.mktemp("setup")
    yield folder
    embedded.release(folder)


def one_sentence(text: str) -> bool:
    return text.startswith("Error: ") and text.count("\n") == 1 and "Traceback" not in text


def test_make_alone_lists_every_command() -> None:
    listed = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in ("run", "test", "check", "bench", "storm", "demo-pictures"):
        assert re.search(rf"^  make {name} +\S", listed.stdout, re.MULTILINE), name


def test_the_front_end_is_locked_by_hash_and_names_no_machine() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert {package["version"] for package in installed.values()} == {"4.0.1", "4.1.1"}
    assert all(package["integrity"].startswith("sha512-") for package in installed.values())
    assert not any("resolved" in package for package in installed.values())


def test_the_charts_style_sheet_comes_from_the_bundle_itself() -> None:
    sheet = style_sheet((ROOT / "static" / "vendor" / "plotly.min.js").read_text(encoding="utf-8"))
    assert sheet == (ROOT / "static" / "vendor" / "plotly.css").read_text(encoding="utf-8")
    main_svg = ".js-plotly-plot .plotly .main-svg { position:absolute;top:0;left:0;pointer-events:none; }"
    assert main_svg in sheet.splitlines()
    assert '"X' not in sheet


def test_a_bundle_of_another_form_is_refused() -> None:
    with pytest.raises(SystemExit, match="another form"):
        style_sheet('var a={"X,X div":"margin:0;"}')


def test_asking_for_help_starts_no_database(tmp_path: Path) -> None:
    helped = flask(tmp_path, "--help")
    assert helped.returncode == 0
    assert "migrate" in helped.stdout
    assert "serve" in helped.stdout
    assert not list(tmp_path.glob("postgres-*"))


def test_a_command_starts_migrates_and_leaves_nothing_running(data_dir: Path) -> None:
    done = flask(data_dir, "migrate")
    assert done.returncode == 0, done.stderr
    assert f"schema {migrate.head()}" in done.stdout
    assert postmaster(data_dir) is None


def test_pages_are_served_until_ctrl_c_and_then_nothing_is_left(data_dir: Path) -> None:
    port = free_port()
    with serving(data_dir, port) as server:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
            assert page.status == 200
        os.killpg(server.pid, signal.SIGINT)
        output, errors = server.communicate(timeout=30)
    assert server.returncode == 0
    assert f"http://127.0.0.1:{port}" in output
    assert "Traceback" not in errors
    assert not listens(port)
    assert postmaster(data_dir) is None


def test_a_terminated_server_waits_for_the_command_beside_it(data_dir: Path) -> None:
    port = free_port()
    with serving(data_dir, port) as server:
        embedded.ensure_running(data_dir)
        server.terminate()
        server.communicate(timeout=30)
    assert server.returncode == 0
    assert postmaster(data_dir) is not None
    embedded.release(data_dir)
    assert postmaster(data_dir) is None


def test_a_killed_database_is_back_for_the_next_page(data_dir: Path) -> None:
    app = create_app(Settings.from_environment({"DATA_DIR": str(data_dir)}))
    with app.app_context():
        assert asked_through_the_app() == 1
        server = postmaster(data_dir)
        assert server is not None
        os.kill(server, signal.SIGKILL)
        eventually(lambda: postmaster(data_dir) is None)
        assert asked_through_the_app() == 1
        db.db.engine.dispose()
    embedded.release(data_dir)


def asked_through_the_app() -> int:
    with db.snapshot() as connection:
        return int(connection.execute(text("SELECT 1")).scalar_one())


def test_a_page_reads_one_moment_and_the_app_can_change_no_ledger(data_dir: Path) -> None:
    app = create_app(Settings.from_environment({"DATA_DIR": str(data_dir)}))
    with app.app_context():
        with db.snapshot() as connection:
            assert setting(connection, "transaction_isolation") == "repeatable read"
            assert setting(connection, "transaction_read_only") == "on"
            assert setting(connection, "statement_timeout") == "1min"
        with db.transaction() as session:
            assert setting(session.connection(), "transaction_isolation") == "read committed"
            assert setting(session.connection(), "lock_timeout") == "5s"
            assert session.execute(text("SELECT current_user")).scalar_one() == "ledgerline_app"
        db.without_timeout(app)
        with db.transaction() as session:
            assert setting(session.connection(), "statement_timeout") == "0"
            assert setting(session.connection(), "lock_timeout") == "10min", "an import waits for another one"
        with pytest.raises(ProgrammingError, match="permission denied"), db.transaction() as session:
            session.execute(text("DELETE FROM credit_deduction_ledger"))
        db.db.engine.dispose()
    embedded.release(data_dir)


def setting(connection: Connection, name: str) -> str:
    return str(connection.execute(text(f"SHOW {name}")).scalar_one())


def test_a_port_in_use_is_one_sentence(data_dir: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        refused = flask(data_dir, "serve", PORT=str(other.getsockname()[1]))
    assert refused.returncode == 1
    assert one_sentence(refused.stderr)
    assert "in use by another program" in refused.stderr
    assert postmaster(data_dir) is None


def test_an_unwritable_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    refused = flask(tmp_path / "file" / "data", "serve")
    assert refused.returncode == 1
    assert one_sentence(refused.stderr)
    assert "set DATA_DIR" in refused.stderr


def test_an_unreachable_database_is_one_sentence_without_its_password(tmp_path: Path) -> None:
    url = f"postgres://someone:hush-hush@127.0.0.1:{free_port()}/ledgerline"
    refused = flask(tmp_path, "serve", DATABASE_URL=url, PORT=str(free_port()))
    assert refused.returncode == 1
    assert one_sentence(refused.stderr)
    assert "cannot be reached" in refused.stderr
    assert "hush-hush" not in refused.stderr


@pytest.mark.parametrize("url", ["mysql://localhost/x", "not an address"])
def test_a_database_that_is_not_postgresql_is_one_sentence(tmp_path: Path, url: str) -> None:
    refused = flask(tmp_path, "migrate", DATABASE_URL=url)
    assert refused.returncode == 1
    assert one_sentence(refused.stderr)
    assert "DATABASE_URL" in refused.stderr


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    url = embedded.ensure_running(tmp_path).owner
    try:
        migrate.upgrade(url)
        execute(url, "UPDATE alembic_version SET version_num = '9999'")
        refused = flask(tmp_path, "serve", PORT=str(free_port()))
        assert refused.returncode == 1
        assert one_sentence(refused.stderr)
        assert "newer Ledgerline (its schema 9999" in refused.stderr
        assert migrate.current(url) == "9999"
    finally:
        embedded.release(tmp_path)


def test_a_postgresql_that_is_too_old_is_one_sentence(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = embedded.ensure_running(data_dir).owner
    monkeypatch.setattr(migrate, "_version", lambda _connection: 14)
    try:
        with pytest.raises(CannotStart, match="PostgreSQL 14; nothing was changed: Ledgerline needs PostgreSQL 15"):
            migrate.upgrade(url)
    finally:
        embedded.release(data_dir)


def test_any_postgresql_address_may_replace_the_embedded_one(data_dir: Path, tmp_path: Path) -> None:
    """One address: Ledgerline migrates as its user and works as the role that can only add."""
    owner = embedded.ensure_running(data_dir).owner
    try:
        execute(owner, "CREATE DATABASE elsewhere")
        url = owner.replace("postgresql+psycopg://", "postgres://").replace("/ledgerline?", "/elsewhere?")
        done = flask(tmp_path, "migrate", DATABASE_URL=url)
        assert done.returncode == 0, done.stderr
        assert not list(tmp_path.glob("postgres-*"))
        assert migrate.current(url) == migrate.head()
    finally:
        embedded.release(data_dir)


def test_a_user_who_may_not_make_the_apps_role_is_told_what_to_run(data_dir: Path) -> None:
    owner = embedded.ensure_running(data_dir).owner
    try:
        execute(owner, "CREATE ROLE poor LOGIN")
        execute(owner, "CREATE DATABASE poor")
        poor = owner.replace("ledgerline_owner@", "poor@").replace("/ledgerline?", "/poor?")
        with pytest.raises(CannotStart, match="GRANT ledgerline_app TO"):
            migrate.upgrade(poor)
        assert migrate.current(poor) is None
    finally:
        embedded.release(data_dir)


def execute(url: str, sql: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(sql.encode())
