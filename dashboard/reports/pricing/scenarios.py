"""The simulator's readings: kept scenarios, how much there is to replay, and the replay itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.figures import Figures
from dashboard.engine.impact import Assumptions, Scenario
from dashboard.engine.impact_found import CustomerChange, Impact, scaled
from dashboard.engine.periods import Period
from dashboard.reports.filters import Filters, days
from dashboard.reports.pricing.impact import simulate
from dashboard.reports.pricing.tiers import credit_policies
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class KeptScenario:
    """What somebody kept: the simulator's address under a name."""

    id: UUID
    name: str
    address: str
    kept_by: str
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class RequestCount:
    """How many requests there are to replay."""

    requests: int


@dataclass(frozen=True, slots=True)
class CustomerResult:
    """One customer with all their requests of these days: credits due and whether they run out, before and then.

    Before is what holds; for what holds itself it is what was charged.
    """

    user_id: UUID
    charged_credits: Decimal
    before_credits: Decimal
    credits: Decimal
    ran_out_charged: bool
    ran_out_before: bool
    runs_out: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What one scenario comes to, on the same traffic as every other; customers only where something changes.

    `decides` counts the requests that each of its rules decides. Where more customers change than are listed,
    nothing is known of one who is not.
    """

    figures: Figures
    ran_out: int
    customers: dict[UUID, CustomerResult]
    decides: Sequence[int] = ()
    customers_changed: int = 0

    @property
    def lists_everyone(self) -> bool:
        """Whether who is not listed pays what the prices that hold say."""
        return self.customers_changed <= len(self.customers)


scenarios_kept = Query("pricing/scenarios_kept", KeptScenario)
requests_of = Query("pricing/requests_of", RequestCount)


def kept(connection: Connection) -> list[KeptScenario]:
    """Every kept scenario, the newest first."""
    return scenarios_kept.all(connection, id=None)


def kept_scenario(connection: Connection, scenario_id: UUID) -> KeptScenario | None:
    """One kept scenario, None if it is not there or was removed."""
    found = scenarios_kept.all(connection, id=scenario_id)
    return found[0] if found else None


def requests_in(connection: Connection, period: Period, filters: Filters) -> int:
    """How many requests these days and filters hold."""
    return requests_of.one(connection, **days(period), **filters.parameters()).requests


def compare(
    connection: Connection,
    period: Period,
    filters: Filters,
    scenarios: Sequence[Scenario],
    assumptions: Assumptions,
    *,
    at: datetime,
    beside: Connection | None = None,
) -> list[Result]:
    """Replay these days: as charged, then at the prices that hold `at`, then under each scenario."""
    start, end = (datetime.combine(day, time(), UTC) for day in (period.start, period.end))
    base, *impacts = simulate(connection, start, end, scenarios, at=at, beside=beside, filters=filters)
    unit_usd = credit_policies.all(connection)[0].unit_usd
    return [
        Result(base.before, base.ran_out_charged, {}),
        Result(base.after, base.ran_out, _customers(base)),
        *(result_of(impact, base, unit_usd, assumptions) for impact in impacts),
    ]


def result_of(impact: Impact, base: Impact, unit_usd: Decimal, assumptions: Assumptions) -> Result:
    """One scenario's sums over all the traffic: what holds, and the difference of the requests it speaks of.

    Credits that go uncovered elsewhere, because these requests took more of the balance, are in it.
    """
    whole, before, after = base.after, impact.before, impact.after
    lost = impact.elsewhere_uncovered
    figures = replace(
        whole,
        credits_due=whole.credits_due + after.credits_due - before.credits_due,
        credits_deducted=whole.credits_deducted + after.credits_deducted - before.credits_deducted - lost,
        credits_uncovered=whole.credits_uncovered + after.credits_uncovered - before.credits_uncovered + lost,
        list_revenue_usd=whole.list_revenue_usd + after.list_revenue_usd - before.list_revenue_usd - lost * unit_usd,
        realised_revenue_usd=whole.realised_revenue_usd + after.realised_revenue_usd - before.realised_revenue_usd,
    )
    if assumptions.are_made:
        figures = scaled(figures, assumptions.factor)
    return Result(figures, impact.ran_out, _customers(impact), impact.decides, impact.customers_changed)


def _customers(impact: Impact) -> dict[UUID, CustomerResult]:
    return {one.user_id: _customer(one) for one in impact.customers}


def _customer(one: CustomerChange) -> CustomerResult:
    return CustomerResult(
        one.user_id,
        one.charged.credits_due,
        one.before.credits_due,
        one.after.credits_due,
        one.ran_out_charged_at is not None,
        one.ran_out_before_at is not None,
        one.runs_out_at is not None,
    )
