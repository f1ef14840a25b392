"""Real usage of a window rated again under other prices, for five scenarios in one pass.

SQL multiplies, rounds and adds up; the engine decides the multipliers, draws the grants and finds who runs out.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.charging import Grant
from dashboard.engine.credits import Policy
from dashboard.engine.impact import Pair, Rate, RuleChange, Scenario, rates_of, smallest_step
from dashboard.engine.rating import Rule
from dashboard.engine.replayed import (
    Drawn,
    Late,
    Moved,
    Outcome,
    Ranout,
    RateDay,
    Replay,
    SpellSums,
    simulate_customers,
)
from dashboard.reports.pricing.multipliers import multiplier_rules
from dashboard.reports.pricing.spells import Spells, TurnsRow, Window
from dashboard.reports.pricing.tiers import credit_policies
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant as it stood before the customer's first entry of the window."""

    user_id: UUID
    id: UUID
    granted: Decimal
    remaining: Decimal
    paid_usd: Decimal
    effective_at: datetime
    expires_at: datetime | None
    priority: int


@dataclass(frozen=True, slots=True)
class ProviderName:
    """A provider by its name."""

    id: UUID
    name: str


turns_of = Query("pricing/replay/turns", TurnsRow)
pairs_used = Query("pricing/replay/pairs", Pair)
by_rate = Query("pricing/replay/by_rate", RateDay)
by_spell = Query("pricing/replay/by_spell", SpellSums)
grants_then = Query("pricing/replay/grants", GrantRow)
moves_between = Query("pricing/replay/moves", Moved)
late_draws = Query("pricing/replay/late", Late)
run_outs = Query("pricing/replay/run_out", Ranout)
provider_ids = Query("pricing/replay/providers", ProviderName)


def replay(
    connection: Connection,
    window: Window,
    scenarios: Sequence[Scenario],
    *,
    beside: Connection | None = None,
    days_at_once: int | None = None,
    tell: Callable[[int], None] = lambda _: None,
) -> Replay:
    """Replay a window [start, end) under up to five scenarios; `tell` hears of every part how many requests it held.

    The connection must show one moment: parts of the window are read one after the other. `beside`, of the same
    snapshot, reads the rates meanwhile, so that the last part is added up while balances are simulated.
    """
    rates = _rates(connection, window, scenarios)
    step = smallest_step(rates)
    customers = turns_of.all(connection, start=window[0], end=window[1])
    spells = Spells(customers, window)
    reading: list[Future[list[RateDay]]] = []
    sums: dict[int, SpellSums] = {}
    with ThreadPoolExecutor(1) as other:
        for start, end in _parts(window, days_at_once):
            if reading:
                tell(_requests(reading[-1].result()))
            asked = {"start": start, "end": end, "rates": _as_json(rates, step), "sets": len(scenarios) + 1}
            reading.append(other.submit(by_rate.all, beside or connection, **asked))
            if beside is None:
                wait(reading)
            for row in by_spell.all(connection, **asked, **spells.asked):
                sums[row.spell_no] = sums[row.spell_no] + row if row.spell_no in sums else row
        drawn = _drawn(connection, window, spells, sums)
        outcomes = simulate_customers(drawn, step, len(scenarios) + 1)
        ranout = _ran_out(connection, window, rates, step, spells, outcomes)
        days = [row for one in reading for row in one.result()]
    tell(_requests(reading[-1].result()))
    if any(row.rate_no is None for row in days) or None in sums:
        message = "The summaries do not know of every request of this window; rebuild them with `flask rebuild`."
        raise LookupError(message)
    return Replay(window, tuple(rates), step, days, outcomes, ranout)


def _requests(rows: Sequence[RateDay]) -> int:
    return sum(row.requests for row in rows)


def _rates(connection: Connection, window: Window, scenarios: Sequence[Scenario]) -> list[Rate]:
    names = {row.name: row.id for row in provider_ids.all(connection)}
    rules = [row.dated for row in multiplier_rules.all(connection)]
    policies = [(row.effective_from, Policy(row.unit_usd, row.increment)) for row in credit_policies.all(connection)]
    changes = [([_rule(change, names) for change in one.changes], one.increment) for one in scenarios]
    return rates_of(pairs_used.all(connection, start=window[0]), rules, policies, changes, window)


def _rule(change: RuleChange, names: dict[str, UUID]) -> Rule:
    # A provider nobody knows has no requests: its rule decides nothing, as that of an unknown tier.
    provider = names.get(change.provider, UUID(int=0)) if change.provider else None
    return Rule(UUID(int=0), change.scope_type, change.multiplier, change.tier, provider, change.model)


def _parts(window: Window, days: int | None) -> list[Window]:
    if days is None:
        return [window]
    start, end = window
    starts = [start]
    while starts[-1] + timedelta(days=days) < end:
        starts.append(starts[-1] + timedelta(days=days))
    return list(zip(starts, [*starts[1:], end], strict=True))


def _as_json(rates: Sequence[Rate], step: Decimal) -> str:
    charging = [{**_row(rate, step), "is_charged": True} for rate in rates]
    return json.dumps([*charging, *({**_base(rate), "is_charged": False} for rate in rates)])


def _row(rate: Rate, step: Decimal) -> dict[str, object]:
    row = _base(rate)
    for place, term in enumerate(rate.terms):
        factor = term.factor
        row[f"f{place}"] = None if factor is None else f"{factor:f}"
        row[f"m{place}"] = f"{term.multiplier:f}"
        row[f"u{place}"] = f"{term.step_usd:f}"
        row[f"n{place}"] = int(term.policy.increment / step)
    return row


def _base(rate: Rate) -> dict[str, object]:
    pair = rate.pair
    return {
        "no": rate.no,
        "tier": pair.tier,
        "provider_id": str(pair.provider_id),
        "model_id": pair.model_id,
        "starts_at": rate.starts_at.isoformat(),
        "ends_at": rate.ends_at.isoformat(),
    }


def _drawn(connection: Connection, window: Window, spells: Spells, sums: dict[int, SpellSums]) -> list[Drawn]:
    """Bring together what each customer used and what stood there to pay for it."""
    first: dict[UUID, int] = {}
    last: dict[UUID, int] = {}
    entries: dict[UUID, int] = defaultdict(int)
    used: dict[UUID, list[tuple[datetime, SpellSums]]] = defaultdict(list)
    for spell in spells.all:
        row = sums.get(spell.no)
        if row is None:
            continue
        used[spell.user_id].append((spell.starts_at, row))
        entries[spell.user_id] += row.entries
        if row.first_seq is not None and row.last_seq is not None:
            first[spell.user_id] = min(row.first_seq, first.get(spell.user_id, row.first_seq))
            last[spell.user_id] = max(row.last_seq, last.get(spell.user_id, row.last_seq))
    moves = _by_customer(
        moves_between.all(connection, users=list(first), firsts=list(first.values()), lasts=list(last.values()))
    )
    late = _by_customer(_late(connection, window, first, last, entries, moves))
    # Who drew nothing all the window draws from what there is now: that is what there was.
    asked = {user: first.get(user, 2**62) for user in used}
    rows = grants_then.all(connection, start=window[0], end=window[1], users=list(asked), seqs=list(asked.values()))
    grants = {user: list(own) for user, own in groupby(rows, key=attrgetter("user_id"))}
    return [
        Drawn(
            user,
            [_grant(row) for row in grants.get(user, ())],
            [(start, row) for start, row in own],
            [move for move in moves.get(user, ()) if not move.is_its_own],
            late.get(user, []),
        )
        for user, own in used.items()
    ]


def _late(
    connection: Connection,
    window: Window,
    first: dict[UUID, int],
    last: dict[UUID, int],
    entries: dict[UUID, int],
    moves: dict[UUID, list[Moved]],
) -> list[Late]:
    """Find requests of before the window posted within it: only where entries are left that nothing else explains."""
    gaps = {
        user: seq
        for user, seq in first.items()
        if last[user] - seq + 1 > entries[user] + len({move.seq for move in moves.get(user, ())})
    }
    if not gaps:
        return []
    return late_draws.all(connection, start=window[0], users=list(gaps), firsts=list(gaps.values()))


def _by_customer(rows: Sequence[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.user_id].append(row)
    return found


def _grant(row: GrantRow) -> Grant:
    return Grant(row.id, row.granted, row.remaining, row.paid_usd, row.effective_at, row.expires_at, row.priority)


def _ran_out(
    connection: Connection,
    window: Window,
    rates: Sequence[Rate],
    step: Decimal,
    spells: Spells,
    outcomes: Sequence[Outcome],
) -> list[Ranout]:
    """Ask the requests themselves, but only of spells whose grants did not last."""
    watched = [
        (spells.all[number], scenario, paid.deducted / step)
        for outcome in outcomes
        for number, by_scenario in outcome.paid.items()
        for scenario, paid in enumerate(by_scenario)
        if paid.uncovered
    ]
    if not watched:
        return []
    terms = [
        {**_base(rate), "scenario": place, **_term(rate, place, step)}
        for rate in rates
        for place in range(len(rate.terms))
    ]
    return run_outs.all(
        connection,
        start=window[0],
        spells=[spell.no for spell, _, _ in watched],
        users=[spell.user_id for spell, _, _ in watched],
        starts=[spell.starts_at for spell, _, _ in watched],
        ends=[spell.ends_at for spell, _, _ in watched],
        scenarios=[scenario for _, scenario, _ in watched],
        lasting=[lasting for _, _, lasting in watched],
        rates=json.dumps(terms),
    )


def _term(rate: Rate, place: int, step: Decimal) -> dict[str, object]:
    row = _row(rate, step)
    return {name: row[f"{name}{place}"] for name in "fmun"}
