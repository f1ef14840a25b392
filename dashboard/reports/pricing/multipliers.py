"""What holds for each scope, what it aims for, and what it earned; every sum is SQL's, every winner the engine's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine import margin
from dashboard.engine.figures import Figures, total
from dashboard.engine.rating import DEFAULT_MULTIPLIER, Rule
from dashboard.engine.rules import Cell, DatedRule, winner_at
from dashboard.reports.filters import Filters
from dashboard.sql import Query

WINDOWS = (7, 30, 90)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One approved multiplier with its scope, by names and titles, and its dates."""

    id: UUID
    scope_id: int
    scope_type: str
    tier: str | None
    tier_title: str | None
    provider_id: UUID | None
    provider: str | None
    provider_title: str | None
    model: str | None
    multiplier: Decimal
    target_percent: Decimal | None
    effective_from: datetime
    effective_until: datetime | None

    @property
    def dated(self) -> DatedRule:
        """The rule as the engine knows it."""
        rule = Rule(self.id, self.scope_type, self.multiplier, self.tier, self.provider_id, self.model)
        return DatedRule(rule, self.scope_id, self.effective_from, self.effective_until)

    @property
    def target(self) -> Decimal:
        """The margin it aims for, percent: as it was set, else what the multiplier makes of it."""
        return margin.target_percent(self.multiplier) if self.target_percent is None else self.target_percent


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Sums of one tier and model between two turns; counts, credits and USD."""

    part: int
    provider_id: UUID
    model: str
    tier: str
    is_charged: bool
    requests: int
    priced_requests: int
    unpriced_requests: int
    vendor_cost_usd: Decimal
    credit_value_usd: Decimal
    credits_due: Decimal
    credits_deducted: Decimal
    credits_uncovered: Decimal
    credits_reversed: Decimal
    list_revenue_usd: Decimal
    realised_revenue_usd: Decimal


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a scope's multiplier, whatever became of it."""

    id: UUID
    state: str
    multiplier: Decimal
    target_percent: Decimal | None
    effective_from: datetime | None
    effective_until: datetime | None
    reason: str
    reason_details: str | None
    is_seed: bool | None
    approved_at: datetime | None
    created_at: datetime
    authors: str | None
    approvers: str | None


multiplier_rules = Query("pricing/multiplier_rules", RuleRow)
multiplier_usage = Query("pricing/multiplier_usage", UsageRow)
multiplier_versions = Query("pricing/multiplier_versions", Version)


@dataclass(frozen=True, slots=True)
class Decided:
    """What one rule decided from `at` on, until the next turn; without a rule the default did, or nothing."""

    at: datetime
    tier: str
    rule: RuleRow | None
    is_charged: bool
    figures: Figures

    @property
    def target_percent(self) -> Decimal | None:
        """The margin that was aimed for, percent; None for what is never charged."""
        if not self.is_charged:
            return None
        return self.rule.target if self.rule else margin.target_percent(DEFAULT_MULTIPLIER)


@dataclass(frozen=True, slots=True)
class Earned:
    """What came of some days, and the margin the rules that decided them aimed for, percent."""

    figures: Figures
    aimed_percent: Decimal | None

    @classmethod
    def summed(cls, parts: Iterable["Earned"]) -> "Earned":
        """Add several up, with the target of their mix."""
        found = list(parts)
        aims = ((one.aimed_percent, one.figures.list_revenue_usd) for one in found)
        aimed = margin.aimed_percent((target, revenue) for target, revenue in aims if target is not None)
        return cls(total(one.figures for one in found), aimed)


@dataclass(frozen=True, slots=True)
class ScopeFigures:
    """One scope: the rule that holds, the next, and what its rules decided in 7, 30 and 90 days.

    The default has no scope id; requests that are never charged stand under `uncharged`.
    """

    kind: str
    scope_id: int | None
    named: RuleRow | None
    now: RuleRow | None
    following: RuleRow | None
    earned: dict[int, Earned]

    @property
    def multiplier(self) -> Decimal | None:
        """What holds now; None where nothing does."""
        if self.kind == "default":
            return DEFAULT_MULTIPLIER
        return self.now.multiplier if self.now else None

    @property
    def target_percent(self) -> Decimal | None:
        """The margin that what holds now aims for, percent."""
        if self.now:
            return self.now.target
        return margin.target_percent(DEFAULT_MULTIPLIER) if self.kind == "default" else None


@dataclass(frozen=True, slots=True)
class Multipliers:
    """Every scope, and everything together."""

    scopes: tuple[ScopeFigures, ...]
    together: dict[int, Earned]


@dataclass(frozen=True, slots=True)
class ScopeHistory:
    """One scope: its versions, the approved ones among them, and what each of those decided so far."""

    named: RuleRow | None
    rules: list[RuleRow]
    versions: list[Version]
    earned: dict[UUID, Earned]


def multipliers(connection: Connection, filters: Filters, now: datetime) -> Multipliers:
    """Read what holds now; the windows are whole days up to yesterday, as on every page of figures."""
    rows = multiplier_rules.all(connection)
    today = now.date()
    first = today - timedelta(days=max(WINDOWS))
    edges = [midnight(today - timedelta(days=days)) for days in WINDOWS]
    decided = decided_between(connection, rows, first, today, filters, edges)
    by_scope: dict[int, list[RuleRow]] = {}
    for row in rows:
        by_scope.setdefault(row.scope_id, []).append(row)
    scopes = [_scope(scope_id, versions, decided, edges, now) for scope_id, versions in by_scope.items()]
    default = [one for one in decided if one.is_charged and one.rule is None]
    uncharged = [one for one in decided if not one.is_charged]
    return Multipliers(
        (
            *scopes,
            ScopeFigures("default", None, None, None, None, _windows(default, edges)),
            ScopeFigures("uncharged", None, None, None, None, _windows(uncharged, edges)),
        ),
        _windows(decided, edges),
    )


def history(connection: Connection, scope_id: int, now: datetime) -> ScopeHistory:
    """Read a scope's history; what its versions decided includes today so far."""
    rows = multiplier_rules.all(connection)
    own = [row for row in rows if row.scope_id == scope_id]
    versions = multiplier_versions.all(connection, scope_id=scope_id)
    begun = [row for row in own if row.effective_from <= now]
    if not begun:
        return ScopeHistory(own[-1] if own else None, own, versions, {})
    named = own[-1]
    filters = Filters(
        providers=(named.provider,) if named.provider else (),
        models=(named.model,) if named.model else (),
        tiers=(named.tier,) if named.tier else (),
    )
    start, end = min(row.effective_from for row in begun).date(), now.date() + timedelta(days=1)
    decided = decided_between(connection, rows, start, end, filters)
    return ScopeHistory(
        named,
        own,
        versions,
        {row.id: earned([one for one in decided if one.rule is not None and one.rule.id == row.id]) for row in begun},
    )


def decided_between(
    connection: Connection,
    rows: Sequence[RuleRow],
    start: date,
    end: date,
    filters: Filters,
    edges: Iterable[datetime] = (),
) -> list[Decided]:
    """Return what each of these rules decided on the days [start, end), cut at every change and at `edges`."""
    first, last = midnight(start), midnight(end)
    rules = [row.dated for row in rows]
    named = {row.id: row for row in rows}
    moments = (moment for rule in rules for moment in (rule.starts_at, rule.ends_at) if moment is not None)
    turns = sorted({first, *(moment for moment in (*moments, *edges) if first < moment < last)})
    used = multiplier_usage.all(
        connection,
        turns=turns,
        start=start,
        end=end,
        providers=list(filters.providers) or None,
        models=list(filters.models) or None,
        tiers=list(filters.tiers) or None,
    )
    return [_decided(row, rules, named, turns[row.part - 1]) for row in used]


def earned(decided: Sequence[Decided]) -> Earned:
    """Add up what was decided, with the target of the mix."""
    aims = ((one.target_percent, one.figures.list_revenue_usd) for one in decided if one.target_percent is not None)
    return Earned(total(one.figures for one in decided), margin.aimed_percent(aims))


def midnight(day: date) -> datetime:
    """The instant a UTC day begins."""
    return datetime.combine(day, time(), UTC)


def _decided(row: UsageRow, rules: Sequence[DatedRule], named: Mapping[UUID, RuleRow], at: datetime) -> Decided:
    winner = winner_at(rules, Cell(row.tier, row.provider_id, row.model), at) if row.is_charged else None
    return Decided(at, row.tier, named[winner.rule.id] if winner else None, row.is_charged, total([row]))


def _scope(
    scope_id: int, versions: Sequence[RuleRow], decided: Sequence[Decided], edges: Sequence[datetime], now: datetime
) -> ScopeFigures:
    own = [one for one in decided if one.rule is not None and one.rule.scope_id == scope_id]
    holding = next((row for row in versions if row.dated.holds_at(now)), None)
    following = next((row for row in versions if row.effective_from > now), None)
    return ScopeFigures(versions[-1].scope_type, scope_id, versions[-1], holding, following, _windows(own, edges))


def _windows(decided: Sequence[Decided], edges: Sequence[datetime]) -> dict[int, Earned]:
    return {days: earned([one for one in decided if one.at >= edge]) for days, edge in zip(WINDOWS, edges, strict=True)}
