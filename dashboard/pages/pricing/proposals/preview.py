"""What a proposal would do, before it is anything: now and after, whom it beats, what it must own up to."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from uuid import UUID

from dashboard.engine import margin
from dashboard.engine.credits import Policy, credits_for
from dashboard.engine.money import EXACT
from dashboard.engine.price_reach import Group, Reach, reach_of
from dashboard.engine.rating import Rule
from dashboard.reports.pricing.proposal_facts import ApprovedRule, Surroundings
from dashboard.reports.pricing.scopes import scope_title, scope_words

NOBODY = UUID(int=0)
EXAMPLES = (Decimal("0.001"), Decimal("0.015"), Decimal("0.4"))
NAMED_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class Change:
    """The terms of a proposal as far as they are known; `config_id` is its own version, where there is one."""

    scope_type: str
    tier: str | None
    provider: str | None
    model: str | None
    multiplier: Decimal | None
    start: datetime
    config_id: UUID | None = None
    follows_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Some cells of one tier that are decided alike: today, and after; `wins`: the proposal decides them."""

    tier: str
    models: str
    rule: str
    today: Decimal
    after: Decimal | None
    wins: bool


@dataclass(frozen=True, slots=True)
class Example:
    """One request by what it costs us, USD, and what a customer pays for it, in credits."""

    cost_usd: Decimal
    today: Decimal
    after: Decimal | None


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything the form and the page say of a proposal before it is approved."""

    title: str
    words: str
    multiplier: Decimal | None
    follows: ApprovedRule | None
    today: list[Decimal]
    reach: Reach
    lines: list[Line]
    examples: list[Example]

    @property
    def previous(self) -> Decimal | None:
        """The one multiplier it takes the place of; None where there are several or none."""
        return self.follows.multiplier if self.follows else (self.today[0] if len(self.today) == 1 else None)

    @property
    def change_percent(self) -> Decimal | None:
        """Change of the multiplier, in percent, where it is one number."""
        if self.previous is None or self.multiplier is None:
            return None
        return margin.change_percent(self.multiplier, self.previous)

    @property
    def target_today(self) -> Decimal | None:
        """The margin aimed for today, in percent."""
        return None if self.previous is None else margin.target_percent(self.previous)

    @property
    def target_after(self) -> Decimal | None:
        """The margin it aims for, in percent."""
        return None if self.multiplier is None or self.multiplier <= 0 else margin.target_percent(self.multiplier)


def preview_of(change: Change, around: Surroundings) -> Preview:
    """Work out what a change would do from its start on."""
    tiers = [tier for tier in around.tiers if tier.is_active]
    rule = Rule(
        change.config_id or NOBODY,
        change.scope_type,
        change.multiplier or Decimal(1),
        change.tier,
        around.provider_id(change.provider) or (NOBODY if change.provider else None),
        change.model,
    )
    standing = [one for one in around.rules if one.id != change.config_id and _stands(one, change)]
    models = [(one.provider_id, one.model) for one in around.models if one.is_available]
    reach = reach_of(rule, [one.rule for one in standing], [tier.name for tier in tiers], models)
    follows = next((one for one in standing if _scope(one.rule) == _scope(rule)), None)
    today = [follows.multiplier] if follows else reach.multipliers_today
    title = (around.tier_title(change.tier), around.provider_title(change.provider), change.model)
    return Preview(
        title=scope_title(*title),
        words=scope_words(change.scope_type, *title),
        multiplier=change.multiplier,
        follows=follows,
        today=today,
        reach=reach,
        lines=[_line(group, change.multiplier, around) for group in reach.groups],
        examples=_examples(today[0], change.multiplier, around.policy) if len(today) == 1 else [],
    )


def _stands(one: ApprovedRule, change: Change) -> bool:
    """Whether a rule holds when the change starts; the one it closed at that instant still counts as today's."""
    return one.holds_at(change.start) or one.id == change.follows_id


def _scope(rule: Rule) -> tuple[str | None, UUID | None, str | None]:
    return rule.tier, rule.provider_id, rule.model_id


def _line(group: Group, multiplier: Decimal | None, around: Surroundings) -> Line:
    today = next((one for one in around.rules if group.today and one.id == group.today.id), None)
    return Line(
        tier=around.tier_title(group.tier) or group.tier,
        models=_named(group.models),
        rule=f"{today.title}, {today.code}" if today else "the default",
        today=group.multiplier_today,
        after=multiplier if group.wins else group.multiplier_today,
        wins=group.wins,
    )


def _named(models: list[str]) -> str:
    """Name a few models, and count many."""
    names = sorted(set(models))
    return ", ".join(names) if len(names) <= NAMED_AT_MOST else f"{len(names)} models"


def _examples(today: Decimal, multiplier: Decimal | None, policy: Policy) -> list[Example]:
    return [
        Example(
            cost,
            _credits(cost, today, policy),
            None if multiplier is None or multiplier <= 0 else _credits(cost, multiplier, policy),
        )
        for cost in EXAMPLES
    ]


def _credits(cost_usd: Decimal, multiplier: Decimal, policy: Policy) -> Decimal:
    with localcontext(EXACT):
        return credits_for(cost_usd * multiplier, policy)
