"""Which tier × model cells a rule decides: those it wins, whom it beats there, and who beats it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from dashboard.engine.rating import DEFAULT_MULTIPLIER, Rule, winning_rule


@dataclass(frozen=True, slots=True)
class Cell:
    """One tier and one model of one provider."""

    tier: str
    provider_id: UUID
    model: str


@dataclass(slots=True)
class Group:
    """Cells of one tier that one rule decides today; `wins`: the new rule takes them over."""

    tier: str
    today: Rule | None
    wins: bool
    models: list[str] = field(default_factory=list)

    @property
    def multiplier_today(self) -> Decimal:
        """What decides these cells today; without any rule the default."""
        return self.today.multiplier if self.today else DEFAULT_MULTIPLIER


@dataclass(frozen=True, slots=True)
class Reach:
    """What a rule would decide: its cells, by tier and by the rule that decides them today."""

    groups: list[Group]

    @property
    def wins(self) -> int:
        """How many cells it would decide."""
        return sum(len(group.models) for group in self.groups if group.wins)

    @property
    def cells(self) -> int:
        """How many cells it speaks of."""
        return sum(len(group.models) for group in self.groups)

    @property
    def tiers(self) -> list[str]:
        """The tiers in which it would decide something."""
        return list(dict.fromkeys(group.tier for group in self.groups if group.wins))

    @property
    def multipliers_today(self) -> list[Decimal]:
        """The multipliers it would take the place of, the lowest first."""
        return sorted({group.multiplier_today for group in self.groups if group.wins})


def reach_of(rule: Rule, others: Sequence[Rule], tiers: Sequence[str], models: Iterable[tuple[UUID, str]]) -> Reach:
    """Decide every cell the rule speaks of, with and without it; a rule of the same scope is the one it follows."""
    rivals = [other for other in others if not _same_scope(rule, other)]
    groups: dict[tuple[str, UUID | None, bool], Group] = {}
    for cell in _cells(rule, tiers, models):
        matching = [other for other in others if other.matches(cell.tier, cell.provider_id, cell.model)]
        today = winning_rule(matching)
        wins = winning_rule([*(other for other in rivals if other in matching), rule]) is rule
        key = (cell.tier, today.id if today else None, wins)
        groups.setdefault(key, Group(cell.tier, today, wins)).models.append(cell.model)
    return Reach(list(groups.values()))


def _cells(rule: Rule, tiers: Sequence[str], models: Iterable[tuple[UUID, str]]) -> list[Cell]:
    known = list(models)
    return [
        Cell(tier, provider_id, model)
        for tier in tiers
        for provider_id, model in known
        if rule.matches(tier, provider_id, model)
    ]


def _same_scope(one: Rule, other: Rule) -> bool:
    return (one.tier, one.provider_id, one.model_id) == (other.tier, other.provider_id, other.model_id)
