"""Whoever has every right and tampers with the audit log is found out: a short round of `make storm ARGS=audit`."""

import random
import secrets

import pytest
from sqlalchemy import create_engine

from benchmarks.storm import audit
from benchmarks.storm.audit import Tampering, attacked
from dashboard import db
from dashboard.embedded import Urls
from dashboard.engine import audit_chain
from dashboard.reports.audit import Verification

SHORT = Tampering(inside=40, tails=10, rewrites=10, lines=40)


def complaints(database: Urls, seed: int, size: Tampering = SHORT) -> list[str]:
    engine = create_engine(db.normalised(database.owner))
    with engine.connect() as connection:
        found = attacked(connection, random.Random(seed), size)
    engine.dispose()
    return found


def test_sixty_tamperings_are_found_and_the_whole_chain_raises_no_alarm(fresh_database: Urls) -> None:
    seed = secrets.randbelow(2**32)
    print(f"seed {seed}")
    assert complaints(fresh_database, seed) == []


def test_the_round_would_notice_a_verification_that_sees_nothing(
    fresh_database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "verify", lambda *_, **__: Verification(0, []))
    assert len(complaints(fresh_database, 1, Tampering(inside=3, tails=2, rewrites=2, lines=12))) == 7


def test_the_round_would_notice_a_link_that_left_something_out(
    fresh_database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    covered = tuple(name for name in audit_chain._NAMES if name != "reason")
    monkeypatch.setattr(audit_chain, "_NAMES", covered)
    assert any("audit_log.reason" in words for words in complaints(fresh_database, 3, Tampering(60, 0, 0, 12)))
