"""The impact of one scenario: before and after by tier, model, day and customer, and how it spreads."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from uuid import UUID

from dashboard.engine.figures import Figures, total
from dashboard.engine.impact import OF_THE_TIME, TODAY, Assumptions, Pair, Rate, Scenario
from dashboard.engine.money import EXACT
from dashboard.engine.replayed import Outcome, Replay, Sums
from dashboard.engine.spread import Spread, spread_of

ZERO = Decimal(0)
USD = Decimal("1e-18")
# Who is listed; everybody is counted.
MOST_CUSTOMERS = 2000
Key = tuple[str, str | None]
# As charged, at the base, and replayed.
Three = tuple[Figures, Figures, Figures]


@dataclass(frozen=True, slots=True)
class Part:
    """One tier, model or day: as charged, at the prices that stand, and replayed."""

    name: str
    provider: str | None
    charged: Figures
    before: Figures
    after: Figures


@dataclass(frozen=True, slots=True)
class CustomerChange:
    """One customer with all requests of the window, three times: as charged, at the prices that stand, replayed."""

    user_id: UUID
    charged: Figures
    before: Figures
    after: Figures
    left_before: Decimal
    left_after: Decimal
    ran_out_charged_at: datetime | None
    ran_out_before_at: datetime | None
    runs_out_at: datetime | None

    @property
    def change_credits(self) -> Decimal:
        """How many more credits are due."""
        return self.after.credits_due - self.before.credits_due


@dataclass(frozen=True, slots=True)
class Impact:
    """What one scenario would change: `after` less `before`, on the requests it speaks of.

    `charged` is the ledger, `before` the same requests at the prices that stand over all of the window, `after` at
    those of the scenario. That of the prices that stand themselves has the ledger before and them after. `decides`
    counts the requests each change of the scenario decides.
    """

    requests: int
    affected_requests: int
    never_charged_requests: int
    decides: Sequence[int]
    charged: Figures
    before: Figures
    after: Figures
    elsewhere_uncovered: Decimal
    ran_out_charged: int
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

    @property
    def decided_requests(self) -> int:
        """The affected requests that are charged at all: not failed, not limited, not on the customer's own key."""
        return self.affected_requests - self.never_charged_requests

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
    """Bring together what one scenario changes, 0 for the prices that stand; `names` are those of the providers."""
    base, place = (TODAY, scenario + TODAY) if scenario else (OF_THE_TIME, TODAY)
    counted = [rate for rate in replay.rates if speaks_of(rate.pair)]
    asked = replay.scenarios[scenario - 1] if scenario else Scenario()
    changed = [rate for rate in counted if asked == Scenario() or rate.is_changed(place)]
    inside = {rate.no for rate in changed}
    outside = {rate.no for rate in counted} - inside
    uncovered = _uncovered(replay, place, base)
    cells = [(row, cell) for row, cell in _cells(replay, (base, place)) if row.rate_no in inside]
    firsts = [_firsts(replay, number) for number in (OF_THE_TIME, base, place)]
    changed_ones = [one for one in replay.customers if one.is_changed(place, base)]
    ordered = sorted(changed_ones, key=lambda one: _first_who_run_out(one, place, base))[:MOST_CUSTOMERS]
    realised = sum((one.realised_change(place) - one.realised_change(base) for one in replay.customers), ZERO)
    rates = replay.rates
    charged, before, after = (total(cell[number] for _, cell in cells) for number in range(3))
    return Impact(
        requests=sum(row.requests for row in replay.days),
        affected_requests=before.requests,
        never_charged_requests=before.uncharged_requests,
        decides=[_decided(replay, place, number, inside) for number in range(len(asked.changes))],
        charged=charged,
        before=before,
        after=replace(after, realised_revenue_usd=before.realised_revenue_usd + realised),
        elsewhere_uncovered=sum((change for (rate_no, _), change in uncovered.items() if rate_no in outside), ZERO),
        ran_out_charged=sum(one.runs_out(OF_THE_TIME) for one in replay.customers),
        ran_out_before=sum(one.runs_out(base) for one in replay.customers),
        ran_out=sum(one.runs_out(place) for one in replay.customers),
        by_tier=_parts(cells, lambda row: (rates[row.rate_no].pair.tier, None), realised),
        by_model=_parts(cells, lambda row: _model(rates[row.rate_no], names), realised),
        by_day=_parts(cells, lambda row: (row.day.isoformat(), None), realised),
        customers=[_customer(replay, one, (base, place), firsts) for one in ordered],
        customers_changed=len(changed_ones),
        customers_count=len(replay.customers),
        spread=spread_of([one.due[place] - one.due[base] for one in changed_ones]),
        difference=replay.difference,
        deviation=replay.deviation,
        deviating_customers=sum(outcome.deviates_by != 0 for outcome in replay.customers),
    )


def _decided(replay: Replay, place: int, change: int, inside: Container[int]) -> int:
    """How many requests that are charged at all one change decides."""
    return sum(
        row.charged_requests + row.unpriced_requests
        for row in replay.days
        if row.rate_no in inside and replay.rates[row.rate_no].change_of(place) == change
    )


def _uncovered(replay: Replay, place: int, base: int) -> dict[tuple[int, object], Decimal]:
    """How many more credits go uncovered than at the base, by rate and day."""
    found: dict[tuple[int, object], Decimal] = defaultdict(lambda: ZERO)
    for row in replay.ranout:
        sign = (row.price_column == replay.columns[place]) - (row.price_column == replay.columns[base])
        if sign:
            found[row.rate_no, row.day] += sign * row.steps * replay.step
    return found


def _cells(replay: Replay, places: tuple[int, int]) -> list[tuple[Sums, Three]]:
    """Every rate and day: as charged, at the base and replayed. What is realised at the base is shared out here."""
    missing = [_uncovered(replay, place, OF_THE_TIME) for place in places]
    found: list[tuple[Sums, Three]] = []
    for row in replay.days:
        unit = replay.rates[row.rate_no].terms[0].policy.unit_usd
        charged = _figures(row, unit)
        before, after = (
            _charged(
                charged,
                row.credits_due + (replay.steps(row, place) - row.steps_0) * replay.step,
                row.credits_uncovered + more.get((row.rate_no, row.day), ZERO),
                unit,
            )
            for place, more in zip(places, missing, strict=True)
        )
        found.append((row, (charged, before, after)))
    realised = sum((one.realised_change(places[0]) for one in replay.customers), ZERO)
    if not realised:
        return found
    shares = shared_out(realised, [(charged, before) for _, (charged, before, _) in found])
    return [
        (row, (charged, _realised(before, share), _realised(after, share)))
        for (row, (charged, before, after)), share in zip(found, shares, strict=True)
    ]


def _figures(row: Sums, unit_usd: Decimal) -> Figures:
    deducted = row.credits_due - row.credits_uncovered
    return Figures(
        requests=row.requests,
        priced_requests=row.charged_requests,
        unpriced_requests=row.unpriced_requests,
        vendor_cost_usd=row.vendor_cost_usd,
        credits_due=row.credits_due,
        credits_deducted=deducted,
        credits_uncovered=row.credits_uncovered,
        list_revenue_usd=deducted * unit_usd,
        realised_revenue_usd=row.realised_revenue_usd,
    )


def _realised(figures: Figures, change: Decimal) -> Figures:
    return replace(figures, realised_revenue_usd=figures.realised_revenue_usd + change)


def _charged(before: Figures, due: Decimal, uncovered: Decimal, unit_usd: Decimal) -> Figures:
    return replace(
        before,
        credits_due=due,
        credits_deducted=due - uncovered,
        credits_uncovered=uncovered,
        list_revenue_usd=(due - uncovered) * unit_usd,
    )


def _firsts(replay: Replay, place: int) -> dict[int, datetime]:
    """When the first request of a spell went uncovered, by spell."""
    found: dict[int, datetime] = {}
    for row in replay.ranout:
        if row.price_column == replay.columns[place]:
            found[row.spell_no] = min(row.first_at, found.get(row.spell_no, row.first_at))
    return found


def _customer(
    replay: Replay, outcome: Outcome, places: tuple[int, int], firsts: Sequence[Mapping[int, datetime]]
) -> CustomerChange:
    # Once credits are granted their unit never changes, so any rate's is the one.
    unit = replay.rates[-1].terms[0].policy.unit_usd
    charged = Figures(
        requests=outcome.requests,
        vendor_cost_usd=outcome.vendor_cost_usd,
        credits_due=outcome.due[0],
        credits_deducted=outcome.due[0] - outcome.credits_uncovered,
        credits_uncovered=outcome.credits_uncovered,
        list_revenue_usd=(outcome.due[0] - outcome.credits_uncovered) * unit,
        realised_revenue_usd=outcome.realised_revenue_usd,
    )
    before, after = (
        _realised(_charged(charged, outcome.due[place], outcome.uncovered(place), unit), outcome.realised_change(place))
        for place in places
    )
    return CustomerChange(
        outcome.user_id,
        charged,
        before,
        after,
        outcome.left(places[0]),
        outcome.left(places[1]),
        *(min((one[number] for number in outcome.paid if number in one), default=None) for one in firsts),
    )


def _first_who_run_out(one: Outcome, place: int, base: int) -> tuple[bool, Decimal, bytes]:
    return not one.runs_out(place), -abs(one.due[place] - one.due[base]), one.user_id.bytes


def _model(rate: Rate, names: Mapping[UUID, str]) -> Key:
    return rate.pair.model_id, names[rate.pair.provider_id]


def _parts(cells: Iterable[tuple[Sums, Three]], key: Callable[[Sums], Key], realised: Decimal) -> list[Part]:
    """Add the cells up by a key; what the scenario changes in realised revenue is shared out among the parts."""
    found: dict[Key, list[Three]] = defaultdict(list)
    for row, cell in cells:
        found[key(row)].append(cell)
    keys = sorted(found, key=lambda one: (one[0], one[1] or ""))
    sides = [tuple(total(cell[number] for cell in found[one]) for number in range(3)) for one in keys]
    shares = shared_out(realised, [(before, after) for _, before, after in sides])
    return [
        Part(name, provider, charged, before, replace(after, realised_revenue_usd=before.realised_revenue_usd + share))
        for (name, provider), (charged, before, after), share in zip(keys, sides, shares, strict=True)
    ]


def shared_out(change_usd: Decimal, sides: Sequence[tuple[Figures, Figures]]) -> list[Decimal]:
    """Share a change in realised revenue out by the change in credits deducted, to the last digit."""
    weights = [abs(after.credits_deducted - before.credits_deducted) for before, after in sides]
    if not any(weights):
        weights = [before.credits_deducted for before, _ in sides]
    whole, so_far, given, found = sum(weights, ZERO), ZERO, ZERO, []
    for weight in weights:
        so_far += weight
        with localcontext(EXACT):
            through = (change_usd * so_far / whole).quantize(USD) if whole else ZERO
        found.append(through - given)
        given = through
    return found
