"""The impact of one scenario: before and after by tier, model, day and customer, and how it spreads."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from uuid import UUID

from dashboard.engine.figures import Figures, total
from dashboard.engine.impact import Assumptions, Pair, Rate
from dashboard.engine.money import EXACT
from dashboard.engine.replayed import Outcome, RateDay, Replay
from dashboard.engine.spread import Spread, spread_of

ZERO = Decimal(0)
USD = Decimal("1e-18")
# Who is listed; everybody is counted.
MOST_CUSTOMERS = 2000
Key = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Part:
    """One tier, model or day: as charged, and replayed."""

    name: str
    provider: str | None
    before: Figures
    after: Figures


@dataclass(frozen=True, slots=True)
class CustomerChange:
    """One customer with all requests of the window: as charged and replayed, what was left, and when it ran out."""

    user_id: UUID
    before: Figures
    after: Figures
    left_before: Decimal
    left_after: Decimal
    ran_out_before_at: datetime | None
    runs_out_at: datetime | None

    @property
    def change_credits(self) -> Decimal:
        """How many more credits are due."""
        return self.after.credits_due - self.before.credits_due


@dataclass(frozen=True, slots=True)
class Impact:
    """What one scenario would have changed; `before` and `after` are of the requests it speaks of."""

    requests: int
    affected_requests: int
    before: Figures
    after: Figures
    elsewhere_uncovered: Decimal
    ran_out_before: int
    ran_out: int
    by_tier: Sequence[Part]
    by_model: Sequence[Part]
    by_day: Sequence[Part]
    customers: Sequence[CustomerChange]
    customers_changed: int
    customers_count: int
    spread: Spread
    difference: Decimal
    deviation: Decimal
    deviating_customers: int

    def assumed(self, assumptions: Assumptions) -> Figures:
        """Lay an assumption over the replay: every sum in proportion, and nothing else."""
        return scaled(self.after, assumptions.factor)


def scaled(figures: Figures, factor: Decimal) -> Figures:
    """Multiply every sum; counts are rounded to whole ones."""
    with localcontext(EXACT):
        taken = {field.name: getattr(figures, field.name) * factor for field in fields(figures)}
        counts = {
            name: int(value.to_integral_value(ROUND_HALF_EVEN))
            for name, value in taken.items()
            if isinstance(getattr(figures, name), int)
        }
        return replace(figures, **{name: value.quantize(USD) for name, value in taken.items()} | counts)


def impact_of(
    replay: Replay, scenario: int, *, names: Mapping[UUID, str], speaks_of: Callable[[Pair], bool] = lambda _: True
) -> Impact:
    """Bring together what one scenario changes; `names` are those of the providers."""
    counted = [rate for rate in replay.rates if speaks_of(rate.pair)]
    changed = [rate for rate in counted if scenario and rate.is_changed(scenario)] or counted
    inside = {rate.no for rate in changed}
    outside = {rate.no for rate in counted} - inside
    uncovered = _uncovered(replay, scenario)
    cells = [(row, _cell(replay, row, scenario, uncovered)) for row in replay.days if row.rate_no in inside]
    firsts = [_firsts(replay, 0), _firsts(replay, scenario)]
    changed_ones = [one for one in replay.customers if scenario and one.is_changed(scenario)]
    changes = [one.due[scenario] - one.due[0] for one in changed_ones]
    ordered = sorted(changed_ones, key=lambda one: _first_who_run_out(one, scenario))[:MOST_CUSTOMERS]
    realised = sum((outcome.realised_change(scenario) for outcome in replay.customers), ZERO)
    rates = replay.rates
    before, after = total(cell[0] for _, cell in cells), total(cell[1] for _, cell in cells)
    return Impact(
        requests=sum(row.requests for row in replay.days),
        affected_requests=before.requests,
        before=before,
        after=replace(after, realised_revenue_usd=before.realised_revenue_usd + realised),
        elsewhere_uncovered=sum((change for (rate_no, _), change in uncovered.items() if rate_no in outside), ZERO),
        ran_out_before=sum(one.runs_out(0) for one in replay.customers),
        ran_out=sum(one.runs_out(scenario) for one in replay.customers),
        by_tier=_parts(cells, lambda row: (rates[row.rate_no].pair.tier, None), realised),
        by_model=_parts(cells, lambda row: _model(rates[row.rate_no], names), realised),
        by_day=_parts(cells, lambda row: (row.day.isoformat(), None), realised),
        customers=[_customer(replay, one, scenario, firsts) for one in ordered],
        customers_changed=len(changed_ones),
        customers_count=len(replay.customers),
        spread=spread_of(changes),
        difference=replay.difference,
        deviation=replay.deviation,
        deviating_customers=sum(outcome.deviates_by != 0 for outcome in replay.customers),
    )


def _uncovered(replay: Replay, scenario: int) -> dict[tuple[int, object], Decimal]:
    """How many more credits go uncovered than as things stand, by rate and day."""
    found: dict[tuple[int, object], Decimal] = defaultdict(lambda: ZERO)
    for row in replay.ranout:
        sign = (row.scenario == scenario) - (row.scenario == 0)
        if sign:
            found[row.rate_no, row.day] += sign * row.steps * replay.step
    return found


def _cell(
    replay: Replay, row: RateDay, scenario: int, uncovered: Mapping[tuple[int, object], Decimal]
) -> tuple[Figures, Figures]:
    unit = replay.rates[row.rate_no].terms[0].policy.unit_usd
    before = Figures(
        requests=row.requests,
        priced_requests=row.charged_requests,
        unpriced_requests=row.unpriced_requests,
        vendor_cost_usd=row.vendor_cost_usd,
        credits_due=row.credits_due,
        credits_deducted=row.credits_due - row.credits_uncovered,
        credits_uncovered=row.credits_uncovered,
        list_revenue_usd=(row.credits_due - row.credits_uncovered) * unit,
        realised_revenue_usd=row.realised_revenue_usd,
    )
    due = before.credits_due + (row.steps[scenario] - row.steps[0]) * replay.step
    missing = before.credits_uncovered + uncovered.get((row.rate_no, row.day), ZERO)
    return before, _charged(before, due, missing, unit)


def _charged(before: Figures, due: Decimal, uncovered: Decimal, unit_usd: Decimal) -> Figures:
    return replace(
        before,
        credits_due=due,
        credits_deducted=due - uncovered,
        credits_uncovered=uncovered,
        list_revenue_usd=(due - uncovered) * unit_usd,
    )


def _firsts(replay: Replay, scenario: int) -> dict[int, datetime]:
    """When the first request of a spell went uncovered, by spell."""
    found: dict[int, datetime] = {}
    for row in replay.ranout:
        if row.scenario == scenario:
            found[row.spell_no] = min(row.first_at, found.get(row.spell_no, row.first_at))
    return found


def _customer(
    replay: Replay, outcome: Outcome, scenario: int, firsts: Sequence[Mapping[int, datetime]]
) -> CustomerChange:
    # Once credits are granted their unit never changes, so any rate's is the one.
    unit = replay.rates[-1].terms[0].policy.unit_usd
    before = Figures(
        requests=outcome.requests,
        vendor_cost_usd=outcome.vendor_cost_usd,
        credits_due=outcome.due[0],
        credits_deducted=outcome.due[0] - outcome.credits_uncovered,
        credits_uncovered=outcome.credits_uncovered,
        list_revenue_usd=(outcome.due[0] - outcome.credits_uncovered) * unit,
        realised_revenue_usd=outcome.realised_revenue_usd,
    )
    after = _charged(before, outcome.due[scenario], outcome.uncovered(scenario), unit)
    return CustomerChange(
        outcome.user_id,
        before,
        replace(after, realised_revenue_usd=outcome.realised(scenario)),
        outcome.left(0),
        outcome.left(scenario),
        *(min((one[number] for number in outcome.paid if number in one), default=None) for one in firsts),
    )


def _first_who_run_out(one: Outcome, scenario: int) -> tuple[bool, Decimal, bytes]:
    return not one.runs_out(scenario), -abs(one.due[scenario] - one.due[0]), one.user_id.bytes


def _model(rate: Rate, names: Mapping[UUID, str]) -> Key:
    return rate.pair.model_id, names[rate.pair.provider_id]


def _parts(
    cells: Iterable[tuple[RateDay, tuple[Figures, Figures]]], key: Callable[[RateDay], Key], realised: Decimal
) -> list[Part]:
    found: dict[Key, list[tuple[Figures, Figures]]] = defaultdict(list)
    for row, cell in cells:
        found[key(row)].append(cell)
    parts = [
        Part(name, provider, total(before for before, _ in own), total(after for _, after in own))
        for (name, provider), own in sorted(found.items(), key=lambda item: (item[0][0], item[0][1] or ""))
    ]
    return _with_realised(parts, realised)


def _with_realised(parts: Sequence[Part], change: Decimal) -> list[Part]:
    """Share the change in realised revenue out by the change in credits deducted, to the last digit."""
    weights = [abs(part.after.credits_deducted - part.before.credits_deducted) for part in parts]
    if not any(weights):
        weights = [part.before.credits_deducted for part in parts]
    whole, so_far, given, found = sum(weights, ZERO), ZERO, ZERO, []
    for part, weight in zip(parts, weights, strict=True):
        so_far += weight
        with localcontext(EXACT):
            through = (change * so_far / whole).quantize(USD) if whole else ZERO
        realised = part.before.realised_revenue_usd + through - given
        found.append(replace(part, after=replace(part.after, realised_revenue_usd=realised)))
        given = through
    return found
