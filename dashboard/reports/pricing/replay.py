"""Real usage of a window rated again under other prices, for five scenarios in one pass.

SQL multiplies, rounds and adds up; the engine decides the multipliers, draws the grants and finds who runs out.
"""

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.charging import Grant
from dashboard.engine.credits import Policy
from dashboard.engine.impact import (
    FIRST_SCENARIO,
    Pair,
    Rate,
    RuleChange,
    Scenario,
    Standing,
    rates_of,
    same_terms,
    smallest_step,
)
from dashboard.engine.rating import Rule
from dashboard.engine.replayed import (
    Drawn,
    Late,
    Moved,
    Outcome,
    Ranout,
    Replay,
    Sums,
    simulate_customers,
)
from dashboard.reports.pricing.multipliers import multiplier_rules
from dashboard.reports.pricing.replay_sums import column_of, firsts_of, parts, rates_asked, rates_by_column, read
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
grants_then = Query("pricing/replay/grants", GrantRow)
moves_between = Query("pricing/replay/moves", Moved)
late_draws = Query("pricing/replay/late", Late)
run_outs = Query("pricing/replay/run_out", Ranout)
provider_ids = Query("pricing/replay/providers", ProviderName)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """A replay makes a million small objects and no cycle of them: looking for cycles took a third of its Python."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_without_collecting()
def replay(
    connection: Connection,
    window: Window,
    scenarios: Sequence[Scenario],
    standing: Standing,
    *,
    beside: Connection | None = None,
    days_at_once: int | None = None,
    tell: Callable[[int], None] = lambda _: None,
) -> Replay:
    """Replay a window [start, end) at the prices of the time, at those standing, and under up to five scenarios.

    `tell` hears of every part how many requests it held. The connection must show one moment: parts of the window are
    read one after the other. `beside`, of the same snapshot, reads every other part at the same time.
    """
    rates = _rates(connection, window, scenarios, standing)
    step = smallest_step(rates)
    spells = Spells(turns_of.all(connection, start=window[0], end=window[1]), window)
    firsts = same_terms(rates) or [0] * (FIRST_SCENARIO + len(scenarios))
    columns = column_of(firsts)
    asked = {"rates": rates_asked(rates, step, columns), "columns": len(set(columns)), **spells.asked}
    sums: dict[int, Sums] = {}
    days: dict[tuple[int, date], Sums] = {}
    for rows in read(connection, beside, parts(window, days_at_once, 2 if beside else 1), asked):
        for row in rows:
            if row.is_spell:
                sums[row.spell_no] = sums[row.spell_no] + row if row.spell_no in sums else row
            else:
                key = row.rate_no, row.day
                days[key] = days[key] + row if key in days else row
        tell(sum(row.requests for row in rows if not row.is_spell))
    if None in sums or any(rate_no is None for rate_no, _ in days):
        message = "The summaries do not know of every request of this window; rebuild them with `flask rebuild`."
        raise LookupError(message)
    outcomes = simulate_customers(_drawn(connection, window, spells, sums), step, columns)
    ranout = _ran_out(connection, window, rates, step, columns, spells, outcomes)
    return Replay(window, scenarios, tuple(rates), step, columns, list(days.values()), outcomes, ranout)


def _rates(connection: Connection, window: Window, scenarios: Sequence[Scenario], standing: Standing) -> list[Rate]:
    names = {row.name: row.id for row in provider_ids.all(connection)}
    rules = [row.dated for row in multiplier_rules.all(connection)]
    policies = [(row.effective_from, Policy(row.unit_usd, row.increment)) for row in credit_policies.all(connection)]
    changes = [([_rule(change, names) for change in one.changes], one.increment) for one in scenarios]
    return rates_of(pairs_used.all(connection, start=window[0]), rules, policies, changes, window, standing)


def _rule(change: RuleChange, names: dict[str, UUID]) -> Rule:
    # A provider nobody knows has no requests: its rule decides nothing, as that of an unknown tier.
    provider = names.get(change.provider, UUID(int=0)) if change.provider else None
    return Rule(UUID(int=0), change.scope_type, change.multiplier, change.tier, provider, change.model)


def _drawn(connection: Connection, window: Window, spells: Spells, sums: dict[int, Sums]) -> list[Drawn]:
    """Bring together what each customer used and what stood there to pay for it."""
    first: dict[UUID, int] = {}
    last: dict[UUID, int] = {}
    entries: dict[UUID, int] = defaultdict(int)
    used: dict[UUID, list[tuple[datetime, Sums]]] = defaultdict(list)
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
    columns: Sequence[int],
    spells: Spells,
    outcomes: Sequence[Outcome],
) -> list[Ranout]:
    """Ask the requests themselves, but only of spells whose grants did not last."""
    places = firsts_of(columns)
    watched = [
        (spells.all[number], column, by_place[place].deducted / step)
        for outcome in outcomes
        for number, by_place in outcome.paid.items()
        for column, place in enumerate(places)
        if by_place[place].uncovered
    ]
    if not watched:
        return []
    return run_outs.all(
        connection,
        start=window[0],
        spells=[spell.no for spell, _, _ in watched],
        users=[spell.user_id for spell, _, _ in watched],
        starts=[spell.starts_at for spell, _, _ in watched],
        ends=[spell.ends_at for spell, _, _ in watched],
        columns=[column for _, column, _ in watched],
        lasting=[lasting for _, _, lasting in watched],
        rates=rates_by_column(rates, step, places),
    )
