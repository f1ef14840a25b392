"""Invoices: what they come to, where they may go, what can be given back."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.invoices import Line, cents, invoice_id, refundable_usd, refuse_move, refuse_refund, settle

UNUSED = Line("Pro, 15 of 30 days unused", "unused", Decimal("-9.50"))
UPGRADE = Line("Pro Max, 15 of 30 days", "upgrade", Decimal("19.50"))
AMOUNTS = st.decimals(min_value=-900, max_value=900, places=4)


def test_an_upgrade_costs_what_is_new_less_what_was_unused() -> None:
    settled = settle([UNUSED, UPGRADE], Decimal(0))
    assert (settled.total_usd, settled.account_credit_usd) == (Decimal("10.00"), Decimal(0))


def test_a_customer_pays_from_account_credit_first() -> None:
    settled = settle([UNUSED, UPGRADE], Decimal("4.00"))
    assert (settled.total_usd, settled.account_credit_usd) == (Decimal("6.00"), Decimal("-4.00"))
    assert settled.lines[-1].kind == "account_credit"


def test_a_negative_sum_is_kept_for_the_customer_and_nothing_is_paid() -> None:
    settled = settle([UNUSED], Decimal("4.00"))
    assert (settled.total_usd, settled.account_credit_usd) == (Decimal(0), Decimal("9.50"))
    assert settled.lines[-1].kind == "carried_forward"


@settings(deadline=None)
@given(st.lists(AMOUNTS, min_size=1, max_size=6), st.decimals(min_value=0, max_value=500, places=2))
def test_lines_always_sum_to_the_total_and_no_more_credit_is_taken_than_there_is(
    amounts: list[Decimal], credit_usd: Decimal
) -> None:
    settled = settle([Line("A plan", "subscription", amount) for amount in amounts], credit_usd)
    assert sum(line.amount_usd for line in settled.lines) == settled.total_usd
    assert settled.total_usd >= 0
    assert credit_usd + settled.account_credit_usd >= 0


def test_half_a_cent_goes_to_the_even_one() -> None:
    assert [cents(Decimal(amount)) for amount in ("0.005", "0.015", "-0.005", "2.675")] == [
        Decimal(amount) for amount in ("0.00", "0.02", "0.00", "2.68")
    ]
    assert str(cents(Decimal("-0.001"))) == "0.00"


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [Line("", "pack", Decimal(1))],
        [Line("Something", "gift", Decimal(1))],
        [Line("A pack", "pack", Decimal(1_000_000))],
        [Line("A pack", "pack", Decimal("NaN"))],
    ],
)
def test_an_invoice_that_says_nothing_sensible_is_refused(lines: list[Line]) -> None:
    with pytest.raises(RuleBrokenError, match="Nothing was changed"):
        settle(lines, Decimal(0))


def test_one_subscription_period_and_reason_is_one_invoice() -> None:
    ada, plan, day = UUID(int=1), UUID(int=2), datetime(2026, 9, 1, tzinfo=UTC)
    assert invoice_id(ada, plan, "renewal", day) == invoice_id(ada, plan, "renewal", day)
    assert invoice_id(ada, plan, "renewal", day) != invoice_id(ada, plan, "upgrade", day)


def test_what_was_paid_is_not_voided_and_what_is_void_is_not_paid() -> None:
    refuse_move("open", "paid")
    refuse_move("uncollectible", "paid")
    for status, wanted in (("paid", "void"), ("void", "paid"), ("paid", "open"), ("draft", "paid")):
        with pytest.raises(RuleBrokenError, match=f"is {status}, so it cannot become {wanted}"):
            refuse_move(status, wanted)


def test_no_more_is_given_back_than_was_paid_and_not_refunded() -> None:
    assert refundable_usd(Decimal(39), Decimal(10)) == 29
    refuse_refund(Decimal(29), Decimal(39), Decimal(10))
    with pytest.raises(RuleBrokenError, match=r"at most \$29\.00 can be given back"):
        refuse_refund(Decimal("29.01"), Decimal(39), Decimal(10))
    for amount in ("0", "-1", "0.001", "NaN", "Infinity"):
        with pytest.raises(RuleBrokenError, match="above zero, in dollars and cents"):
            refuse_refund(Decimal(amount), Decimal(39), Decimal(0))
