"""Pricing late: usage that waited for a price, or had another one, gets its differences; the books hold."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from flask import Flask
from sqlalchemy import text

from dashboard import db
from dashboard.actions.add_customers import add_customers
from dashboard.actions.correct_usage import CorrectionWanted, correct_usage, try_corrections
from dashboard.actions.deliver_webhook import TryAgainError
from dashboard.actions.end_vendor_price import end_vendor_price
from dashboard.actions.fold_usage import fold_usage
from dashboard.actions.post_grants import post_grants
from dashboard.actions.record_usage import record_usage
from dashboard.actions.request_corrections import request_corrections
from dashboard.actions.reverse_entry import ReversalWanted, reverse_entry
from dashboard.actions.run_corrections import run_corrections
from dashboard.actions.set_vendor_prices import set_vendor_prices
from dashboard.engine.actors import SHELL
from dashboard.engine.customers import NewCustomer
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.grants import CreditGrant
from dashboard.engine.price_lists import ListedPrice
from dashboard.engine.rating import Rates, Tokens
from dashboard.engine.usage import UsageEvent
from dashboard.jobs.work import correct
from dashboard.reports.checks import broken
from dashboard.reports.pricing.corrections import run_of
from dashboard.store.charging import CorrectionTotals
from dashboard.store.jobs import only_one

START = datetime(2026, 9, 1, tzinfo=UTC)
ADA = NewCustomer("ada@example.com", "Ada Byron", "free", "monthly", START, 1)
BEA = NewCustomer("bea@example.com", "Bea Byron", "free", "monthly", START, 1)
WANTED = CorrectionWanted("openai", "late-model", "Priced late")
CHARGED = CorrectionWanted("openai", "late-model", "Priced late", charge=True)
NOW = datetime(2026, 10, 1, tzinfo=UTC)
# A free customer pays the cost twice: 1,000 tokens at $0.01 are 20 credits.
SUMS = """
    select
        sum(priced_requests)::int, sum(unpriced_requests)::int, trim_scale(sum(vendor_cost_usd)),
        trim_scale(sum(credits_due)), trim_scale(sum(credits_deducted)), trim_scale(sum(credits_uncovered)),
        trim_scale(sum(realised_revenue_usd))
    from usage_daily
"""


@pytest.fixture
def use(fresh_app: Flask) -> Callable[..., None]:
    """Let a customer use the model for 1,000 tokens in; Ada has 50 credits for $5, Bea none."""
    with fresh_app.app_context():
        add_customers([ADA, BEA], actor=SHELL, now=START)
        grant = CreditGrant(
            user_id=ADA.user_id, id=uuid5(ADA.user_id, "A"), source="opening", category="paid", granted=Decimal(50),
            paid_usd=Decimal(5), effective_at=START, expires_at=None, priority=30, origin="A", reason="opening",
        )  # fmt: skip
        post_grants([grant], posted_at=START)

    def used(*numbers: int, customer: NewCustomer = ADA, days: int = 1) -> None:
        with fresh_app.app_context():
            record_usage([_event(number, customer, START + timedelta(days=days, minutes=number)) for number in numbers])

    return used


def _event(number: int, customer: NewCustomer, at: datetime) -> UsageEvent:
    return UsageEvent(
        customer=customer.email, request_id=UUID(int=number, version=4), external_id=None, provider="openai",
        model="late-model", service="chat", request_type="completion", status="success", key_mode="system",
        tokens=Tokens(uncached=1000), vendor_cost_usd=None, cost_estimated=False, experiment_id=None, metadata=None,
        started_at=at, completed_at=at,
    )  # fmt: skip


def price(per_1k: str, since: datetime = START) -> None:
    rates = Rates(Decimal(per_1k), Decimal(per_1k))
    line = ListedPrice("hand", "openai", "late-model", rates, effective_from=since)
    assert not set_vendor_prices([line], source="test", actor=SHELL, now=NOW).refused


def sums() -> tuple[object, ...]:
    with db.snapshot() as connection:
        assert {law: found for law, found in broken(connection).items() if law != "audit_chain_unbroken"} == {}
        return tuple(connection.execute(text(SUMS)).one())


def decimals(*figures: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(figure) for figure in figures)


def test_pricing_late_leaves_the_credits_uncovered(fresh_app: Flask, use: Callable[..., None]) -> None:
    use(1, 2, 3)
    with fresh_app.app_context():
        fold_usage()
        assert sums() == (0, 3, *decimals("0", "0", "0", "0", "0"))
        price("0.01")
        posted = correct_usage(SHELL, WANTED, NOW)
        assert (posted.requests, posted.priced, posted.customers) == (3, 3, 1)
        assert sums() == (3, 0, *decimals("0.03", "60", "0", "60", "0"))
        fold_usage()
        assert sums() == (3, 0, *decimals("0.03", "60", "0", "60", "0"))


def test_pricing_late_may_charge_what_the_balance_pays(fresh_app: Flask, use: Callable[..., None]) -> None:
    use(1, 2, 3)
    use(4, customer=BEA)
    with fresh_app.app_context():
        price("0.01")
        expected = try_corrections(SHELL, CHARGED)
        assert sums()[1] == 4
        assert correct_usage(SHELL, CHARGED, NOW) == expected
        assert sums() == (4, 0, *decimals("0.04", "80", "50", "30", "5"))


def test_a_second_time_there_is_nothing_left(fresh_app: Flask, use: Callable[..., None]) -> None:
    use(1, 2)
    with fresh_app.app_context():
        price("0.01")
        correct_usage(SHELL, CHARGED, NOW)
        before = sums()
        assert correct_usage(SHELL, WANTED, NOW) == CorrectionTotals()
        assert sums() == before


def test_a_price_entered_late_re_rates_nothing_by_itself_and_corrections_do(
    fresh_app: Flask, use: Callable[..., None]
) -> None:
    with fresh_app.app_context():
        price("0.01")
    use(1, days=2)
    use(2, days=4)
    with fresh_app.app_context():
        price("0.005", since=START + timedelta(days=3))
        assert sums() == (2, 0, *decimals("0.02", "40", "40", "0", "4"))
        posted = correct_usage(SHELL, CHARGED, NOW)
        assert (posted.requests, posted.vendor_cost_usd) == (1, Decimal("-0.005"))
        # The cost falls; what was paid stays paid until somebody gives it back.
        assert sums() == (2, 0, *decimals("0.015", "40", "40", "0", "4"))
        price("0.02", since=START + timedelta(days=1))
        correct_usage(SHELL, CHARGED, NOW)
        assert sums() == (2, 0, *decimals("0.025", "60", "50", "10", "5"))


def test_who_was_given_credits_back_is_not_charged_again(fresh_app: Flask, use: Callable[..., None]) -> None:
    with fresh_app.app_context():
        price("0.01")
    use(1)
    with fresh_app.app_context():
        reverse_entry(SHELL, ReversalWanted(ADA.user_id, "service_fault", seq=2), now=NOW, posted_at=NOW)
        price("0.02", since=START + timedelta(days=1))
        posted = correct_usage(SHELL, CHARGED, NOW)
        assert (posted.credits_deducted, posted.credits_uncovered) == decimals("0", "20")
        assert sums()[2:6] == decimals("0.02", "40", "20", "20")


def test_what_a_correction_charged_can_be_given_back(fresh_app: Flask, use: Callable[..., None]) -> None:
    use(1)
    with fresh_app.app_context():
        price("0.01")
        correct_usage(SHELL, CHARGED, NOW)
        reverse_entry(SHELL, ReversalWanted(ADA.user_id, "service_fault", seq=2), now=NOW, posted_at=NOW)
        sums()
        with db.snapshot() as connection:
            given = connection.execute(text("select sum(credits_reversed), sum(list_reversed_usd) from usage_daily"))
            assert tuple(given.one()) == (20, Decimal("0.02"))


def test_ending_a_price_makes_later_usage_unpriced_and_pricing_again_brings_its_margin_back(
    fresh_app: Flask, use: Callable[..., None]
) -> None:
    # The database keeps what has passed by its own clock, so this price ends within the next day.
    days = (datetime.now(UTC) - START).days + 1
    end = START + timedelta(days=days)
    with fresh_app.app_context():
        price("0.01")
        price_id = _price_id()
        end_vendor_price(SHELL, price_id, end, "The vendor withdrew it", NOW)
        with pytest.raises(RuleBrokenError, match=f"ends {end:%Y-%m-%d} 00:00 already"):
            end_vendor_price(SHELL, price_id, end + timedelta(days=1), "Again", NOW)
        with pytest.raises(RuleBrokenError, match="now or later"):
            end_vendor_price(SHELL, price_id, START + timedelta(hours=1), "Earlier", NOW)
    use(1, days=days - 2)
    use(2, days=days)
    with fresh_app.app_context():
        assert sums() == (1, 1, *decimals("0.01", "20", "20", "0", "2"))
        price("0.01", since=end)
        correct_usage(SHELL, CHARGED, NOW)
        assert sums() == (2, 0, *decimals("0.02", "40", "40", "0", "4"))


class KilledError(BaseException):
    """What ends a process without asking it: nothing catches it."""


def test_a_run_that_was_killed_goes_on_after_its_last_batch(fresh_app: Flask, use: Callable[..., None]) -> None:
    use(1, 2, 3)
    use(4, customer=BEA)
    with fresh_app.app_context():
        price("0.01")
        run_id = request_corrections(SHELL, CHARGED, NOW)
        assert run_id is not None
        assert request_corrections(SHELL, CHARGED, NOW) == run_id
        with pytest.raises(KilledError):
            run_corrections(run_id, now=NOW, tell=_kill, most=1)
        assert _standing(run_id) == ("running", 1, 4)
        assert sums()[:2] == (1, 3)
        assert run_corrections(run_id, now=NOW, most=1) == "corrected"
        assert _standing(run_id) == ("finished", 4, 4)
        assert sums() == (4, 0, *decimals("0.04", "80", "50", "30", "5"))
        assert run_corrections(run_id, now=NOW) == "nothing to correct"
        assert request_corrections(SHELL, CHARGED, NOW) is None


def test_a_run_that_fails_says_why_and_the_rest_can_be_asked_for(fresh_app: Flask, use: Callable[..., None]) -> None:
    use(1)
    use(2, customer=BEA)
    with fresh_app.app_context():
        price("0.01")
        with pytest.raises(InvalidInputError):
            request_corrections(SHELL, CorrectionWanted("openai", "late-model", " "), NOW)
        run_id = request_corrections(SHELL, WANTED, NOW)
        assert run_id is not None
        with pytest.raises(OSError, match="disk"):
            run_corrections(run_id, now=NOW, tell=_no_disk, most=1)
        assert _standing(run_id) == ("failed", 1, 2)
        again = request_corrections(SHELL, WANTED, NOW)
        assert again not in {None, run_id}
        assert run_corrections(again, now=NOW) == "corrected"
        assert sums()[:2] == (2, 0)


def test_two_processes_never_post_one_run_and_the_second_looks_again(
    fresh_app: Flask, use: Callable[..., None]
) -> None:
    use(1)
    with fresh_app.app_context():
        price("0.01")
        run_id = request_corrections(SHELL, WANTED, NOW)
        assert run_id is not None
        with only_one(f"corrections {run_id}"), pytest.raises(TryAgainError):
            correct(str(run_id), now=NOW)
        assert correct(str(run_id), now=NOW) == "corrected"


def _kill(_: int) -> None:
    raise KilledError


def _no_disk(_: int) -> None:
    raise OSError("the disk is full")


def _standing(run_id: UUID) -> tuple[str, int, int]:
    with db.snapshot() as connection:
        run = run_of(connection, run_id)
        assert run is not None
        return run.status, run.requests_done, run.requests


def _price_id() -> UUID:
    with db.snapshot() as connection:
        found: UUID = connection.execute(text("select id from model_provider_pricing")).scalar_one()
        return found
