"""Changing a plan in the middle of a period, in the numbers of the documents and for any numbers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from dashboard.engine.proration import Snapshot, Span, Terms, prorate

APRIL = Span(datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
PRO = Terms("pro", "monthly", Decimal(19), Decimal(20_000))
PRO_MAX = Terms("pro_max", "monthly", Decimal(39), Decimal(50_000))
HALF = datetime(2026, 4, 16, tzinfo=UTC)

instants = st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
prices = st.decimals(0, 5_000, places=2)
allocations = st.integers(0, 1_000_000).map(Decimal)
spans = st.tuples(instants, st.timedeltas(timedelta(seconds=1), timedelta(days=366))).map(
    lambda found: Span(found[0], found[0] + found[1])
)
terms = st.builds(Terms, st.just("a tier"), st.sampled_from(["monthly", "annual"]), prices, allocations)


def of(plan: Terms, billing: Span = APRIL, allowance: Span = APRIL) -> Snapshot:
    return Snapshot(plan, billing, allowance)


def test_document_001_pro_to_pro_max_with_15_of_30_days() -> None:
    found = prorate(of(PRO), of(PRO_MAX), HALF)
    assert (found.unused_usd, found.new_usd, found.net_usd) == (Decimal("9.50"), Decimal("19.50"), Decimal("10.00"))
    assert [found.credits_granted, found.credits_withdrawn] == [25_000, 10_000]


def test_no_more_is_withdrawn_than_is_left() -> None:
    found = prorate(of(PRO), of(PRO_MAX), HALF, credits_left=Decimal("7000.5"))
    assert [found.credits_unused, found.credits_withdrawn] == [10_000, Decimal("7000.5")]
    assert found.credits_net == Decimal("17999.5")


def test_what_the_smaller_plan_leaves_over_is_the_customers() -> None:
    assert prorate(of(PRO_MAX), of(PRO), HALF).net_usd == Decimal("-10.00")


def test_a_discount_takes_off_the_new_price_and_never_more() -> None:
    assert prorate(of(PRO), of(PRO_MAX), HALF, discount_usd=Decimal("4.5")).net_usd == Decimal("5.50")
    assert prorate(of(PRO), of(PRO_MAX), HALF, discount_usd=Decimal(100)).net_usd == Decimal("-9.50")


def test_an_annual_plan_shares_its_money_by_the_year_and_its_credits_by_the_month() -> None:
    year = Span(datetime(2026, 4, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC))
    annual = Terms("pro", "annual", Decimal(190), Decimal(20_000))
    found = prorate(of(annual, year), of(PRO_MAX, year), year.end - timedelta(days=275))
    assert found.unused_usd == Decimal("143.15")
    assert prorate(of(annual, year), of(PRO_MAX, year), HALF).credits_withdrawn == 10_000


@given(terms, terms, spans, spans, instants)
def test_there_and_back_at_one_instant_nets_to_zero(
    old: Terms, new: Terms, billing: Span, allowance: Span, at: datetime
) -> None:
    there = prorate(of(old, billing, allowance), of(new, billing, allowance), at)
    back = prorate(of(new, billing, allowance), of(old, billing, allowance), at)
    assert there.net_usd + back.net_usd == 0
    assert there.credits_net + back.credits_net == 0


@given(terms, terms, spans, instants, st.decimals(0, 1_000_000, places=6))
def test_shares_lie_between_nothing_and_all_of_it(
    old: Terms, new: Terms, period: Span, at: datetime, left: Decimal
) -> None:
    found = prorate(of(old, period, period), of(new, period, period), at, credits_left=left)
    assert 0 <= found.unused_usd <= old.price_usd
    assert 0 <= found.new_usd <= new.price_usd
    assert 0 <= found.credits_withdrawn <= min(left, old.monthly_credits)
    assert found.net_usd == found.new_usd - found.unused_usd
    if at <= period.start:
        assert (found.unused_usd, found.credits_granted) == (old.price_usd, new.monthly_credits)
    if at >= period.end:
        assert found.net_usd == found.credits_net == 0
