"""Which multiplier applies when: the rule that wins, those it beat, and rules nobody can reach.

The winner is always chosen by `rating.winning_rule`; here are only dates and reasons.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from dashboard.engine.rating import DEFAULT_MULTIPLIER, SCOPE_ORDER, Rule, winning_rule


@dataclass(frozen=True, slots=True)
class DatedRule:
    """An approved rule and when it holds, half-open; `ends_at` None is for ever."""

    rule: Rule
    scope_id: int
    starts_at: datetime
    ends_at: datetime | None = None

    def holds_at(self, at: datetime) -> bool:
        """Whether it is in force at that instant."""
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


class Why(StrEnum):
    """Why a rule decides a request, or does not."""

    WINS = "wins"
    OUTRANKED = "outranked"
    BROADER = "broader"
    NOT_YET = "not_yet"
    SUPERSEDED = "superseded"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one rule that speaks of the request; `by` is the rule that stands in its way."""

    dated: DatedRule
    why: Why
    by: DatedRule | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer for one tier, provider, model and instant; without a winner the default holds."""

    winner: DatedRule | None
    verdicts: tuple[Verdict, ...]

    @property
    def multiplier(self) -> Decimal:
        """What vendor cost is multiplied with."""
        return self.winner.rule.multiplier if self.winner else DEFAULT_MULTIPLIER

    @property
    def scope(self) -> str:
        """The kind of scope that decided."""
        return self.winner.rule.scope if self.winner else "default"


@dataclass(frozen=True, slots=True)
class Cell:
    """One tier using one model of one provider; model None is a model nobody knows yet."""

    tier: str
    provider_id: UUID
    model_id: str | None


def winner_at(rules: Sequence[DatedRule], cell: Cell, at: datetime) -> DatedRule | None:
    """Return the rule that decides a request of this cell at that instant."""
    holding = [dated for dated in rules if dated.holds_at(at) and _speaks_of(dated.rule, cell)]
    won = winning_rule([dated.rule for dated in holding])
    return next((dated for dated in holding if dated.rule is won), None)


def resolve(rules: Sequence[DatedRule], cell: Cell, at: datetime) -> Resolution:
    """Say which rule wins and what stands in the way of every other that speaks of the cell."""
    speaking = [dated for dated in rules if _speaks_of(dated.rule, cell)]
    winner = winner_at(speaking, cell, at)
    verdicts = [_verdict(dated, speaking, winner, at) for dated in speaking]
    return Resolution(winner, tuple(sorted(verdicts, key=lambda verdict: _order(verdict, at))))


def uncovered(rules: Sequence[DatedRule], cells: Iterable[Cell], at: datetime) -> list[Cell]:
    """List the cells that no rule decides, so that they fall to the default."""
    return [cell for cell in cells if winner_at(rules, cell, at) is None]


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A rule in force or to come that can never decide a request, and why; `by` takes its requests."""

    dated: DatedRule
    why: str  # tier, model or shadowed
    by: tuple[DatedRule, ...] = ()


def unreachable(rules: Sequence[DatedRule], cells: Sequence[Cell], now: datetime) -> list[Unreachable]:
    """List rules that never match from now on.

    `cells` are the active tiers × the models on offer, and for each provider a model nobody knows yet
    (None): a rule for a whole tier or provider is within reach as long as a new model would find it.
    """
    living = [dated for dated in rules if dated.ends_at is None or dated.ends_at > now]
    found = (_reach(dated, living, cells, now) for dated in living)
    return [one for one in found if one is not None]


def _reach(dated: DatedRule, rules: Sequence[DatedRule], cells: Sequence[Cell], now: datetime) -> Unreachable | None:
    own = [cell for cell in cells if _speaks_of(dated.rule, cell)]
    if not own:
        tiers = {cell.tier for cell in cells}
        return Unreachable(dated, "tier" if dated.rule.tier not in {None, *tiers} else "model")
    takers: list[DatedRule] = []
    for at in _turns(dated, rules, now):
        for cell in own:
            winner = winner_at(rules, cell, at)
            if winner is dated:
                return None
            if winner is not None and winner not in takers:
                takers.append(winner)
    return Unreachable(dated, "shadowed", tuple(takers))


def _turns(dated: DatedRule, rules: Sequence[DatedRule], now: datetime) -> list[datetime]:
    """Every instant within its dates at which something about the winner can change."""
    first = max(now, dated.starts_at)
    ends = (moment for rule in rules for moment in (rule.starts_at, rule.ends_at) if moment is not None)
    return [first, *sorted({moment for moment in ends if moment > first and dated.holds_at(moment)})]


def _speaks_of(rule: Rule, cell: Cell) -> bool:
    if cell.model_id is None:
        return rule.model_id is None and rule.tier in {None, cell.tier} and rule.provider_id in {None, cell.provider_id}
    return rule.matches(cell.tier, cell.provider_id, cell.model_id)


def _verdict(dated: DatedRule, speaking: Sequence[DatedRule], winner: DatedRule | None, at: datetime) -> Verdict:
    if dated is winner:
        return Verdict(dated, Why.WINS)
    if dated.holds_at(at):
        same_kind = winner is not None and winner.rule.scope == dated.rule.scope
        return Verdict(dated, Why.BROADER if same_kind else Why.OUTRANKED, winner)
    if dated.starts_at > at:
        return Verdict(dated, Why.NOT_YET)
    successor = next(
        (one for one in speaking if one.scope_id == dated.scope_id and one.starts_at == dated.ends_at), None
    )
    return Verdict(dated, Why.SUPERSEDED if successor else Why.ENDED, successor)


def _order(verdict: Verdict, at: datetime) -> tuple[int, int, timedelta]:
    """Order by what decides: the winner, whom it beat by rank, what is to come, what is over (latest first)."""
    place = {Why.WINS: 0, Why.OUTRANKED: 1, Why.BROADER: 1, Why.NOT_YET: 2}.get(verdict.why, 3)
    rank = SCOPE_ORDER.index(verdict.dated.rule.scope)
    away = abs(verdict.dated.starts_at - at)
    return place, rank if place < 2 else 0, away  # noqa: PLR2004 - beaten by rank or by dates
