"""The worked examples of the founding documents, to the last digit (domain §1; fact sheet §9)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from dashboard.engine.charging import Grant, after, charge
from dashboard.engine.credits import DEFAULT_POLICY, Policy, credits_for, realised_through
from dashboard.engine.margin import margin_percent, target_percent
from dashboard.engine.rating import Price, Rates, Rule, Tokens, Usage, computed_cost_usd, rate, winning_rule

D = Decimal
NOW = datetime(2026, 11, 20, tzinfo=UTC)
ANY = UUID(int=1)
GPT_4O = Price(ANY, Rates(uncached=D(".005"), output=D(".015")))
SONNET = Price(
    ANY,
    Rates(uncached=D(".003"), output=D(".015")),
    threshold_tokens=200_000,
    high_rates=Rates(uncached=D(".006"), output=D(".0225")),
)


def policy(increment: str, unit: str = "0.001") -> Policy:
    return Policy(D(unit), D(increment))


def grant(number: int, credits_granted: str, days: int | None, *, paid_usd: str = "0") -> Grant:
    expires_at = None if days is None else NOW + timedelta(days=days)
    amount = D(credits_granted)
    return Grant(UUID(int=number), amount, amount, D(paid_usd), NOW - timedelta(days=1), expires_at, 10)


def test_a_customer_pays_23_credits_for_one_and_a_half_cents_of_cost() -> None:
    assert credits_for(D("0.015") * D("1.5"), DEFAULT_POLICY) == 23


@pytest.mark.parametrize(("increment", "credits_due"), [("1", "6"), ("0.1", "5.3"), ("0.01", "5.25")])
def test_g1_gpt_4o_with_one_cent_credits(increment: str, credits_due: str) -> None:
    usage = Usage(Tokens(uncached=1_000, output=2_000))
    rule = Rule(ANY, "tier", D("1.5"), "pro")
    rating = rate(usage, GPT_4O, [rule], policy(increment, "0.01"))
    assert rating.vendor_cost_usd == D("0.035")
    assert rating.value_usd == D("0.0525")
    assert rating.credits_due == D(credits_due)
    assert rating.value_usd - rating.vendor_cost_usd == D("0.0175")
    percent = margin_percent(rating.value_usd, rating.vendor_cost_usd)
    assert percent is not None
    assert round(percent, 2) == D("33.33")


def test_g1_in_our_credits_is_53() -> None:
    rating = rate(Usage(Tokens(uncached=1_000, output=2_000)), GPT_4O, [], DEFAULT_POLICY)
    assert (rating.scope, rating.multiplier, rating.credits_due) == ("default", D("1.5"), D(53))


@pytest.mark.parametrize(("increment", "credits_due"), [("1", "1"), ("0.1", "0.1"), ("0.01", "0.01")])
def test_g2_the_smallest_charge_is_one_increment(increment: str, credits_due: str) -> None:
    assert credits_for(D("0.00004") * D("1.5"), policy(increment, "0.01")) == D(credits_due)


def test_nothing_costs_nothing() -> None:
    assert credits_for(D(0), DEFAULT_POLICY) == 0


@pytest.mark.parametrize("credits_due", ["0.07", "0.14", "0.28", "0.56"])
def test_g3_an_exact_value_is_never_rounded_up(credits_due: str) -> None:
    assert credits_for(D(credits_due) * D("0.01"), policy("0.01", "0.01")) == D(credits_due)


def test_g4_above_the_threshold_the_high_prices_hold_for_all_of_it() -> None:
    assert computed_cost_usd(Tokens(uncached=250_000, output=1_000), SONNET) == D("1.5225")
    assert computed_cost_usd(Tokens(uncached=200_000), SONNET) == D("0.6")
    assert computed_cost_usd(Tokens(uncached=150_000, cached=50_001), SONNET) == D("200.001") * D(".006")


def test_g5_cached_tokens_are_paid_once_at_their_own_price() -> None:
    half = Price(ANY, Rates(uncached=D(".005"), output=D(".015"), cached=D(".0025")))
    assert computed_cost_usd(Tokens(uncached=500, cached=1_500, output=500), half) == D("0.01375")


def test_a_missing_cache_price_is_the_full_input_price_never_zero() -> None:
    assert computed_cost_usd(Tokens(cached=1_000, written=1_000), GPT_4O) == D("0.010")


def test_g6_a_hundred_hundredths_leave_exactly_999() -> None:
    lots = [grant(1, "1000", None)]
    for _ in range(100):
        lots = after(lots, charge(D("0.01"), NOW, lots))
    assert lots[0].remaining == D("999.00")


def test_g7_a_large_balance_keeps_its_cents() -> None:
    lots = [grant(1, "9999999.99", None)]
    assert after(lots, charge(D("0.1"), NOW, lots))[0].remaining == D("9999999.89")


def test_g8_reported_usage_takes_what_is_there_and_the_rest_is_uncovered() -> None:
    paid = charge(D("0.1"), NOW, [grant(1, "0.05", None)])
    assert (paid.credits_deducted, paid.credits_uncovered) == (D("0.05"), D("0.05"))


def test_g12_what_expires_soonest_is_spent_first() -> None:
    in_five_days, never, in_two_days = grant(1, "100", 5), grant(2, "50", None), grant(3, "30", 2)
    lots = [in_five_days, never, in_two_days]
    paid = charge(D(60), NOW, lots)
    assert [(draw.grant_id.int, draw.credits) for draw in paid.draws] == [(3, D(30)), (1, D(30))]
    assert [lot.remaining for lot in after(lots, paid)] == [70, 50, 0]


@pytest.mark.parametrize(
    ("multiplier", "percent"), [("1.1", "9.09"), ("1.25", "20"), ("1.15", "13.04"), ("1.2", "16.67")]
)
def test_g13_a_multiplier_is_a_markup_and_its_margin_is_smaller(multiplier: str, percent: str) -> None:
    assert round(target_percent(D(multiplier)), 2) == D(percent)


def test_a_grant_used_up_in_any_steps_has_realised_exactly_what_was_paid() -> None:
    lots = [grant(1, "7", None, paid_usd="19")]
    realised = D(0)
    for step in ("0.000001", "3.3", "1.7", "1.999999"):
        paid = charge(D(step), NOW, lots)
        realised += paid.realised_usd
        lots = after(lots, paid)
    assert lots[0].remaining == 0
    assert realised == 19
    assert realised_through(D(19), D(7), D(7)) == 19


def test_the_first_rule_that_speaks_wins_and_rules_are_never_multiplied() -> None:
    tier, provider, model, both = (
        Rule(ANY, scope, D(m)) for scope, m in (("tier", "2"), ("provider", "3"), ("model", "4"), ("combination", "5"))
    )
    assert winning_rule([tier, provider, model, both]) is both
    assert winning_rule([tier, provider, model]) is model
    assert winning_rule([tier, provider]) is provider
    assert winning_rule([]) is None


@pytest.mark.parametrize("status", ["failed", "rate_limited"])
def test_a_failed_request_costs_the_customer_nothing_even_if_it_cost_us(status: str) -> None:
    silent = rate(Usage(Tokens(uncached=1_000), status), GPT_4O, [], DEFAULT_POLICY)
    assert (silent.cost_status, silent.vendor_cost_usd, silent.credits_due) == ("none", D(0), D(0))
    billed = rate(Usage(Tokens(uncached=1_000), status, reported_cost_usd=D("0.02")), GPT_4O, [], DEFAULT_POLICY)
    assert (billed.cost_status, billed.vendor_cost_usd, billed.credits_due) == ("reported", D("0.02"), D(0))


def test_an_unpriced_model_has_no_cost_which_is_not_a_cost_of_zero() -> None:
    rating = rate(Usage(Tokens(uncached=1_000)), None, [], DEFAULT_POLICY)
    assert (rating.cost_status, rating.vendor_cost_usd, rating.value_usd, rating.credits_due) == (
        "unpriced",
        None,
        None,
        D(0),
    )


def test_a_customers_own_key_is_never_charged() -> None:
    rating = rate(Usage(Tokens(uncached=1_000), key_mode="own", reported_cost_usd=D(5)), GPT_4O, [], DEFAULT_POLICY)
    assert (rating.cost_status, rating.vendor_cost_usd, rating.multiplier, rating.credits_due) == (
        "none",
        D(0),
        D(0),
        D(0),
    )
