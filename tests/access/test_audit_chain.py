"""The audit log: every act is one line, and no line can be changed, taken out or moved unseen."""

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from dashboard import db
from dashboard.actions.change_setting import change_setting
from dashboard.actions.seal_audit import seal_audit
from dashboard.embedded import Urls
from dashboard.engine.actors import SHELL
from dashboard.engine.audit_chain import GENESIS, Line, canonical, link
from dashboard.reports.audit import Head, audit_chain, state_of, verify
from dashboard.store.audit import record
from tests.conftest import owned

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def acts(count: int, *, now: datetime = NOON) -> None:
    for number in range(count):
        with db.transaction() as session:
            record(session, SHELL, "try", "thing", number, before={"n": number}, after={"n": number + 1}, now=now)


def faults(*, exported: Head | None = None, now: datetime = NOON) -> list[str]:
    with db.snapshot() as connection:
        return verify(connection, exported=exported, now=now).faults


def head() -> Head:
    with db.snapshot() as connection:
        state = state_of(connection)
    assert state.head_seq is not None
    assert state.head_sha256 is not None
    return Head(state.head_seq, state.head_sha256.hex())


@pytest.fixture
def owner_of_books(fresh_database: Urls) -> Iterator[Connection]:
    """Somebody with all rights, who also switches the foreign keys off."""
    with owned(fresh_database) as connection:
        for name in ("audit_seal_audit_id_fkey",):
            connection.execute(text(f"alter table audit_seal drop constraint {name}"))
        yield connection


@pytest.fixture
def books(fresh_app: Flask) -> Iterator[Flask]:
    with fresh_app.app_context():
        yield fresh_app


def test_each_act_is_sealed_right_after_it(books: Flask) -> None:
    acts(3)
    assert faults() == []
    assert head().seq == 3


def test_an_act_that_is_rolled_back_leaves_no_line(books: Flask) -> None:
    def act_and_fail() -> None:
        with db.transaction() as session:
            record(session, SHELL, "try", "thing", now=NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act_and_fail()
    with db.snapshot() as connection:
        assert state_of(connection).unsealed == 0
        assert connection.execute(text("select count(*) from audit_log")).scalar_one() == 0


def test_the_chain_starts_at_nothing_and_each_link_covers_the_one_before() -> None:
    line = Line(
        7, NOON, None, None, "Fiona", "finance", None, None, None, "try", "thing", "7", None, '{"a": 1}', "wëil"
    )
    assert canonical(line).startswith(
        b'{"actor_name":"Fiona","actor_role":"finance","address":null,"after":"{\\"a\\": 1}"'
    )
    assert "wëil".encode() in canonical(line)
    assert link(GENESIS, line) != link(link(GENESIS, line), line)


def test_the_app_can_neither_change_nor_delete_a_line(books: Flask) -> None:
    acts(1)
    for sql in (
        "update audit_log set verb = 'x'",
        "delete from audit_log",
        "update audit_seal set seq = 9",
        "delete from audit_seal",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), db.transaction() as session:
            session.execute(text(sql))


TAMPERINGS = {
    "a changed verb": "update audit_log set verb = 'other' where id = :id",
    "a changed time": "update audit_log set recorded_at = recorded_at + interval '1 microsecond' where id = :id",
    "a changed actor": "update audit_log set actor_name = 'Nobody' where id = :id",
    "a changed value": "update audit_log set after = jsonb_set(after, '{n}', '99') where id = :id",
    "an emptied reason": "update audit_log set reason = '' where id = :id",
    "a deleted line": "delete from audit_log where id = :id",
    "a deleted line with its seal": "with gone as (delete from audit_seal where audit_id = :id) delete from audit_log where id = :id",
    "two lines swapped": "update audit_seal set audit_id = case audit_id when :id then :id + 1 else :id end where audit_id in (:id, :id + 1)",
    "another hash": "update audit_seal set sha256 = sha256('x') where audit_id = :id",
    "another time of sealing": "update audit_seal set sealed_at = sealed_at - interval '1 microsecond' where audit_id = :id",
    "a cut link": "update audit_seal set prev_sha256 = sha256('x') where audit_id = :id",
}


@pytest.mark.parametrize("sql", TAMPERINGS.values(), ids=TAMPERINGS)
def test_tampering_is_found(books: Flask, owner_of_books: Connection, sql: str) -> None:
    acts(6)
    assert faults() == []
    if "swapped" in sql or "case" in sql:
        owner_of_books.execute(text("alter table audit_seal drop constraint audit_seal_audit_id_key"))
    owner_of_books.execute(text(sql), {"id": random.Random(sql).randint(2, 4)})
    assert faults()


def test_a_chain_begun_before_links_covered_their_time_still_holds(books: Flask, owner_of_books: Connection) -> None:
    acts(2)
    with db.snapshot() as connection:
        rows = audit_chain.all(connection, after_seq=-1, most=9)
    previous = GENESIS
    for row in rows:
        line = row.seal().line
        assert line is not None
        old = link(previous, line)
        given = {"seq": row.seq, "prev": previous, "old": old}
        owner_of_books.execute(text("update audit_seal set prev_sha256 = :prev, sha256 = :old where seq = :seq"), given)
        previous = old
    acts(1)
    assert faults() == []


def test_a_cut_tail_is_found_against_the_exported_head_alone(books: Flask, owner_of_books: Connection) -> None:
    acts(6)
    kept = head()
    owner_of_books.execute(text("delete from audit_seal where seq > 4"))
    owner_of_books.execute(text("delete from audit_log where id > 4"))
    assert faults() == []
    assert faults(exported=kept) == ["the chain ends before the exported head 6: its tail was cut off"]


def test_a_chain_rewritten_with_right_hashes_is_found_against_the_exported_head(
    books: Flask, owner_of_books: Connection
) -> None:
    acts(4)
    kept = head()
    owner_of_books.execute(text("update audit_log set actor_name = 'Nobody' where id = 2"))
    owner_of_books.execute(text("delete from audit_seal"))
    seal_audit(now=NOON)
    assert faults() == []
    assert faults(exported=kept) == ["seal 4 is not the exported head: the chain was rewritten"]


def test_what_waits_for_a_minute_is_reported_and_sealed_when_asked(books: Flask, owner_of_books: Connection) -> None:
    acts(2)
    owner_of_books.execute(text("delete from audit_seal where seq = 2"))
    assert faults(now=NOON + timedelta(seconds=60)) == []
    late = faults(now=NOON + timedelta(seconds=61))
    assert late == ["1 line is not sealed, the oldest since 2026-11-20 12:00:00 UTC; run `flask audit seal`"]
    assert seal_audit(now=NOON) == 1
    assert faults(now=NOON + timedelta(days=1)) == []


def test_a_line_that_commits_late_comes_later_in_the_chain(books: Flask) -> None:
    with db.transaction() as slow:
        record(slow, SHELL, "slow", "thing", now=NOON)
        slow.flush()
        acts(2)
        assert head().seq == 2
    assert head().seq == 3
    assert faults() == []
    with db.snapshot() as connection:
        order = connection.execute(text("select audit_id from audit_seal order by seq")).scalars().all()
    assert order == [2, 3, 1]


def test_many_acts_at_once_make_one_chain(books: Flask) -> None:
    start = Barrier(6)

    def work(number: int) -> None:
        with books.app_context():
            start.wait()
            for value in range(1, 11):
                change_setting(SHELL, "rejects_kept_days", str(number * 10 + value), now=NOON)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert faults(now=NOON + timedelta(days=1)) == []
    assert head().seq == 60


def test_the_commands_seal_export_and_verify(books: Flask, owner_of_books: Connection, tmp_path: Path) -> None:
    acts(3)
    run = books.test_cli_runner()
    kept = tmp_path / "head.json"
    assert run.invoke(args=["audit", "head", "--output", str(kept)]).exit_code == 0
    assert json.loads(kept.read_text())["seq"] == 3
    good = run.invoke(args=["audit", "verify", "--head", str(kept)])
    assert (good.exit_code, good.stdout) == (0, "✓ 3 lines, every link holds, seal 3 is the exported head.\n")
    owner_of_books.execute(text("delete from audit_seal where seq = 3"))
    owner_of_books.execute(text("delete from audit_log where id = 3"))
    bad = run.invoke(args=["audit", "verify", "--head", str(kept)])
    assert bad.exit_code == 1
    assert "✗ the chain ends before the exported head 3" in bad.output
    owner_of_books.execute(text("update audit_log set verb = 'x' where id = 1"))
    assert "✗ seal 1 does not match audit line 1: the line was changed" in run.invoke(args=["audit", "verify"]).output
    kept.write_text("nonsense")
    assert "is not an exported head" in run.invoke(args=["audit", "verify", "--head", str(kept)]).output
