"""The embedded PostgreSQL: shared by processes that come, go and are killed."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dashboard import embedded
from dashboard.config import CannotStart
from tests.processes import alive, eventually, postmaster, running

USE = """
import sys, time
from pathlib import Path
from dashboard import embedded
print(embedded.ensure_running(Path(sys.argv[1])).app, flush=True)
sys.stdin.read() if len(sys.argv) > 2 else None
"""
STAY = """
import sys, time
from pathlib import Path
from dashboard import embedded
print(embedded.ensure_running(Path(sys.argv[1])).app, flush=True)
time.sleep(600)
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    embedded.release(tmp_path)
    left = postmaster(tmp_path)
    if left is not None:
        os.kill(left, signal.SIGQUIT)


def ask(data_dir: Path, sql: str, role: str = embedded.OWNER) -> object:
    with psycopg.connect(
        host=str(data_dir / f"postgres-{embedded.MAJOR}"), user=role, dbname=embedded.DATABASE
    ) as connection:
        row = connection.execute(sql.encode()).fetchone()
        assert row is not None
        return row[0]


def test_neither_owner_nor_app_is_a_superuser_and_only_the_owner_makes_things(data_dir: Path) -> None:
    urls = embedded.ensure_running(data_dir)
    assert urls.owner.startswith("postgresql+psycopg://ledgerline_owner@/ledgerline?host=/")
    assert urls.app.startswith("postgresql+psycopg://ledgerline_app@/ledgerline?host=/")
    is_super = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    assert ask(data_dir, is_super) is False
    assert ask(data_dir, is_super, embedded.APP) is False
    assert ask(data_dir, "SELECT has_schema_privilege('public', 'CREATE')") is True
    assert ask(data_dir, "SELECT has_schema_privilege('public', 'CREATE')", embedded.APP) is False


def test_nothing_of_the_ledger_is_lost_by_a_power_cut(data_dir: Path) -> None:
    embedded.ensure_running(data_dir)
    for name, value in {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "jit": "off"}.items():
        assert ask(data_dir, f"SHOW {name}") == value
    assert ask(data_dir, "SHOW timezone") == "UTC"
    assert ask(data_dir, "SHOW listen_addresses") == ""
    assert ask(data_dir, "SHOW data_checksums") == "on"


def test_first_starts_at_the_same_moment_make_one_database(data_dir: Path) -> None:
    with running(data_dir, STAY, str(data_dir)) as one, running(data_dir, STAY, str(data_dir)) as two:
        assert one.stdout is not None
        assert two.stdout is not None
        assert one.stdout.readline() == two.stdout.readline() != ""
        assert ask(data_dir, "SELECT 1") == 1


def test_the_last_to_leave_stops_it(data_dir: Path) -> None:
    embedded.ensure_running(data_dir)
    server = postmaster(data_dir)
    with running(data_dir, USE, str(data_dir)) as other:
        other.communicate()
    assert server is not None
    assert postmaster(data_dir) == server
    embedded.release(data_dir)
    assert not alive(server)
    assert not (data_dir / "postgres-18" / "postmaster.pid").exists()


def test_it_outlives_the_one_who_started_it_while_others_use_it(data_dir: Path) -> None:
    with running(data_dir, USE, str(data_dir), "until told") as starter:
        assert starter.stdout is not None
        starter.stdout.readline()
        embedded.ensure_running(data_dir)
        os.kill(starter.pid, signal.SIGKILL)
    assert ask(data_dir, "SELECT 1") == 1


def test_a_killed_user_does_not_keep_it_up(data_dir: Path) -> None:
    with running(data_dir, STAY, str(data_dir)) as killed:
        assert killed.stdout is not None
        killed.stdout.readline()
        os.kill(killed.pid, signal.SIGKILL)
    server = postmaster(data_dir)
    assert server is not None
    embedded.ensure_running(data_dir)
    assert postmaster(data_dir) == server
    embedded.release(data_dir)
    assert not alive(server)


def test_a_killed_server_comes_back_with_what_was_committed(data_dir: Path) -> None:
    embedded.ensure_running(data_dir)
    make_kept(data_dir)
    server = postmaster(data_dir)
    assert server is not None
    os.kill(server, signal.SIGKILL)
    eventually(lambda: not alive(server))
    embedded.ensure_running(data_dir)
    assert ask(data_dir, "SELECT n FROM kept") == 42


def make_kept(data_dir: Path) -> None:
    host = str(data_dir / "postgres-18")
    with psycopg.connect(host=host, user=embedded.OWNER, dbname=embedded.DATABASE) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")


def test_another_programs_pid_in_the_lock_file_is_no_server(data_dir: Path) -> None:
    embedded.ensure_running(data_dir)
    lock_file = data_dir / "postgres-18" / "postmaster.pid"
    lines = lock_file.read_text().splitlines()
    os.kill(int(lines[0]), signal.SIGKILL)
    eventually(lambda: not alive(int(lines[0])))
    lock_file.write_text("\n".join([str(os.getpid()), *lines[1:], ""]))
    embedded.ensure_running(data_dir)
    assert ask(data_dir, "SELECT 1") == 1


def test_a_start_killed_halfway_is_begun_again(data_dir: Path) -> None:
    half_made = data_dir / "postgres-18.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")
    embedded.ensure_running(data_dir)
    assert ask(data_dir, "SELECT 1") == 1
    assert not half_made.exists()


def test_a_deep_folder_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 60) / ("b b'" * 15)
    url = embedded.ensure_running(deep).app
    try:
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            assert connection.execute("SELECT current_user").fetchone() == (embedded.APP,)
    finally:
        embedded.release(deep)
    assert postmaster(deep) is None


@pytest.mark.parametrize(("folder", "version"), [("postgres-18", "19"), ("postgres-19", "19"), ("postgres-17", "17")])
def test_data_of_another_postgresql_is_left_alone(tmp_path: Path, folder: str, version: str) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "PG_VERSION").write_text(f"{version}\n")
    with pytest.raises(CannotStart, match=f"written by PostgreSQL {version} and this Ledgerline runs 18"):
        embedded.ensure_running(tmp_path)
    assert [path.name for path in tmp_path.glob("postgres-*/*")] == ["PG_VERSION"]
    embedded.release(tmp_path)


def test_a_broken_setting_is_reported_in_one_sentence(data_dir: Path) -> None:
    embedded.ensure_running(data_dir)
    embedded.release(data_dir)
    with (data_dir / "postgres-18" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(CannotStart, match=r"PostgreSQL did not start: .*errors.*server\.log"):
        embedded.ensure_running(data_dir)
