"""Grants and their expiry, written as small ledgers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from flask import Flask

from dashboard.actions.add_customers import add_customers
from dashboard.actions.allocate_period import allocate_period
from dashboard.actions.fold_usage import fold_usage
from dashboard.actions.post_expiries import post_expiries
from dashboard.actions.post_grants import post_grants
from dashboard.actions.rebuild_usage import rebuild_usage
from dashboard.actions.record_usage import record_usage
from dashboard.actions.set_vendor_prices import set_vendor_prices
from dashboard.engine.actors import SHELL
from dashboard.engine.customers import NewCustomer
from dashboard.engine.grants import CreditGrant
from dashboard.engine.price_lists import ListedPrice
from dashboard.engine.rating import Rates
from dashboard.engine.usage import EARLIEST, UsageEvent, Window, read_usage
from tests.importers.files import numbers, run

START = datetime(2026, 6, 16, tzinfo=UTC)
ADA = NewCustomer("ada@example.com", "Ada Byron", "pro", "monthly", START, 16)
BONUS = CreditGrant(
    user_id=ADA.user_id,
    id=uuid5(ADA.user_id, "bonus"),
    source="bonus",
    category="promotional",
    granted=Decimal(100),
    paid_usd=Decimal(0),
    effective_at=START,
    expires_at=START + timedelta(days=10),
    priority=20,
    origin="A welcome",
    reason="bonus",
)


@pytest.fixture
def shop(fresh_app: Flask) -> Flask:
    """Ada on the pro plan, and one model with a price."""
    with fresh_app.app_context():
        add_customers([ADA], actor=SHELL, now=START)
        rates = Rates(Decimal("0.005"), Decimal("0.015"))
        set_vendor_prices([ListedPrice("1", "openai", "gpt-4o", rates)], source="test", actor=SHELL, now=START)
    return fresh_app


def ledger(app: Flask) -> list[str]:
    """Return the credit ledger as text: seq, reason, amount, balance after."""
    found = numbers(
        app, "select seq, reason, amount::int, balance_after::int from credit_deduction_ledger order by user_id, seq"
    )
    return [f"{seq} {reason:<10} {amount:>6} → {after}" for seq, reason, amount, after in found]


def request(number: int, started_at: datetime = START + timedelta(days=1)) -> UsageEvent:
    raw = {
        "request_id": str(UUID(int=number)),
        "customer": ADA.email,
        "provider": "openai",
        "model": "gpt-4o",
        "input_tokens": 1000,
        "output_tokens": 2000,
        "request_started_at": started_at.isoformat(),
    }
    return read_usage(raw, Window(EARLIEST, datetime(2100, 1, 1, tzinfo=UTC)))


def test_allocating_again_gives_the_same_ledger(shop: Flask) -> None:
    with shop.app_context():
        assert allocate_period(START, START + timedelta(days=40)) == 2
        assert allocate_period(START, START + timedelta(days=40)) == 0
        assert allocate_period(START, START + timedelta(days=70)) == 1
    assert ledger(shop) == [
        "1 allocation  20000 → 20000",
        "2 allocation  20000 → 40000",
        "3 allocation  20000 → 60000",
    ]


def test_a_grant_posted_twice_counts_once(shop: Flask) -> None:
    with shop.app_context():
        assert post_grants([BONUS, BONUS]) == 1
        assert post_grants([BONUS]) == 0
    assert ledger(shop) == ["1 bonus         100 → 100"]


def test_an_expiry_waits_72_hours_after_the_grant_was_made_then_takes_what_is_left(shop: Flask) -> None:
    with shop.app_context():
        post_grants([BONUS], posted_at=START)
        record_usage([request(1)], simulated=True)
        expired = START + timedelta(days=10)
        assert post_expiries(expired + timedelta(hours=71)) == 0
        assert post_expiries(expired + timedelta(hours=72)) == 1
        assert post_expiries(expired + timedelta(hours=99)) == 0
    assert ledger(shop) == ["1 bonus         100 → 100", "2 usage         -53 → 47", "3 expiry        -47 → 0"]


def test_a_grant_that_never_expires_stays(shop: Flask) -> None:
    with shop.app_context():
        post_grants([replace(BONUS, expires_at=None)], posted_at=START)
        assert post_expiries(START + timedelta(days=5_000)) == 0
    assert ledger(shop) == ["1 bonus         100 → 100"]


def test_late_usage_finds_the_grant_of_its_time(shop: Flask) -> None:
    with shop.app_context():
        allocate_period(START, START + timedelta(days=40))
        record_usage([request(1, START + timedelta(days=35)), request(2, START + timedelta(days=2))])
    left = numbers(shop, "select remaining::int from user_credit_source order by effective_at")
    assert left == [(20_000 - 53,), (20_000 - 53,)]


def test_what_the_balance_cannot_pay_is_uncovered_and_never_negative(shop: Flask) -> None:
    with shop.app_context():
        post_grants([BONUS], posted_at=START)
        results = record_usage([request(1), request(2), request(3)])
    assert [(int(row.credits_deducted), int(row.credits_uncovered)) for row in results] == [(53, 0), (47, 6), (0, 53)]
    assert ledger(shop)[-1] == "3 usage         -47 → 0"


def test_sending_a_request_again_gives_the_first_result_and_another_body_is_refused(shop: Flask) -> None:
    with shop.app_context():
        post_grants([BONUS], posted_at=START)
        first = record_usage([request(1), request(1)])
        again = record_usage([request(1), request(1, START + timedelta(days=2))])
    assert [row.outcome for row in first + again] == ["charged", "replayed", "replayed", "conflict"]
    assert {row.credits_deducted for row in first + again} == {Decimal(53)}
    assert [row.is_refused for row in again] == [False, True]


def test_an_event_the_books_refuse_stands_alone_and_the_others_land(shop: Flask) -> None:
    with shop.app_context():
        impossible = replace(request(2), request_type="telepathy")
        results = record_usage([request(1), impossible, request(3)])
    assert [row.outcome for row in results] == ["charged", "refused_by_the_books", "charged"]


def test_rebuilding_the_summaries_equals_folding_them(shop: Flask) -> None:
    with shop.app_context():
        allocate_period(START, START + timedelta(days=40))
        record_usage([request(number) for number in range(20)])
        assert fold_usage() == 20
        folded = numbers(shop, "select summary::text from usage_customer_daily_summary as summary order by 1")
        assert rebuild_usage() == 20
    assert numbers(shop, "select summary::text from usage_customer_daily_summary as summary order by 1") == folded


def test_the_commands_say_what_they_did(shop: Flask) -> None:
    assert "2 allowances granted" in run(shop, "allocate", "--since", "2026-06-16", "--until", "2026-07-20").output
    assert "0 deltas folded" in run(shop, "fold").output
    assert "rebuilt from 0 ledger rows" in run(shop, "rebuild-summaries").output
    assert "0 expiries posted" in run(shop, "post-expiries").output
    assert run(shop, "allocate", "--since", "2026-06-16", "--until", "2026-06-16").exit_code == 2
