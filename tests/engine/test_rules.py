"""Which rule wins, what stands in the way of the others, and which can never win."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID

import pytest

from dashboard.engine.rating import Rule
from dashboard.engine.rules import Cell, DatedRule, Unreachable, Why, resolve, unreachable, winner_at

OPENAI, GOOGLE = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HERE = Cell("pro", OPENAI, "gpt")
_number = count(1)


def rule(
    multiplier: str,
    *,
    tier: str | None = None,
    provider: UUID | None = None,
    model: str | None = None,
    starts: datetime = NOW - 100 * DAY,
    ends: datetime | None = None,
    scope_id: int = 0,
) -> DatedRule:
    scope = "combination" if tier and (provider or model) else "tier" if tier else "model" if model else "provider"
    number = next(_number)
    made = Rule(UUID(int=number), scope, Decimal(multiplier), tier, provider, model)
    return DatedRule(made, scope_id or number, starts, ends)


TIER = rule("1.5", tier="pro")
PROVIDER = rule("1.4", provider=OPENAI)
MODEL = rule("1.3", provider=OPENAI, model="gpt")
ANY_MODEL = rule("1.25", model="gpt")
BOTH = rule("1.2", tier="pro", provider=OPENAI, model="gpt")


@pytest.mark.parametrize(
    ("rules", "winner"),
    [
        ((TIER, PROVIDER, MODEL, BOTH), BOTH),
        ((TIER, PROVIDER, MODEL), MODEL),
        ((TIER, PROVIDER), PROVIDER),
        ((TIER,), TIER),
        ((ANY_MODEL, MODEL), MODEL),
        ((), None),
        ((rule("9", tier="free"), rule("9", provider=GOOGLE)), None),
    ],
)
def test_a_combination_goes_before_a_model_before_a_provider_before_a_tier(
    rules: tuple[DatedRule, ...], winner: DatedRule | None
) -> None:
    assert winner_at(rules, HERE, NOW) is winner
    assert resolve(rules, HERE, NOW).winner is winner


def test_every_rule_that_speaks_of_the_request_is_told_what_stands_in_its_way() -> None:
    old = rule("1.1", tier="pro", starts=NOW - 200 * DAY, ends=NOW - 100 * DAY, scope_id=TIER.scope_id)
    over = rule("1.9", provider=OPENAI, starts=NOW - 9 * DAY, ends=NOW - 3 * DAY)
    coming = rule("2", tier="pro", provider=OPENAI, starts=NOW + DAY)
    resolution = resolve([old, over, coming, TIER, ANY_MODEL, MODEL, rule("3", tier="free")], HERE, NOW)
    assert [(one.dated, one.why, one.by) for one in resolution.verdicts] == [
        (MODEL, Why.WINS, None),
        (ANY_MODEL, Why.BROADER, MODEL),
        (TIER, Why.OUTRANKED, MODEL),
        (coming, Why.NOT_YET, None),
        (over, Why.ENDED, None),
        (old, Why.SUPERSEDED, TIER),
    ]
    assert resolution.multiplier == Decimal("1.3")


def test_without_a_rule_the_default_holds() -> None:
    resolution = resolve([], HERE, NOW)
    assert (resolution.multiplier, resolution.scope, resolution.verdicts) == (Decimal("1.5"), "default", ())


def test_a_rule_holds_from_its_first_instant_to_before_its_last() -> None:
    short = rule("1.6", tier="pro", starts=NOW, ends=NOW + DAY)
    tick = timedelta(microseconds=1)
    held = [short.holds_at(at) for at in (NOW - tick, NOW, NOW + DAY - tick, NOW + DAY)]
    assert held == [False, True, True, False]


CELLS = [Cell(tier, OPENAI, model) for tier in ("free", "pro") for model in ("gpt", "mini", None)]


def why(*rules: DatedRule) -> list[tuple[DatedRule, str]]:
    return [(one.dated, one.why) for one in unreachable(rules, CELLS, NOW)]


def test_a_rule_of_a_tier_nobody_can_be_on_is_out_of_reach() -> None:
    lost = rule("1.5", tier="perpetual")
    assert why(TIER, lost) == [(lost, "tier")]


def test_a_rule_of_a_model_that_is_not_on_offer_is_out_of_reach() -> None:
    lost, other = rule("1.5", model="davinci"), rule("1.5", tier="pro", provider=GOOGLE)
    assert why(lost, other) == [(lost, "model"), (other, "model")]


def test_a_model_rule_is_out_of_reach_when_every_tier_has_a_combination() -> None:
    of_free = rule("1.1", tier="free", provider=OPENAI, model="gpt")
    assert unreachable([BOTH, of_free, MODEL], CELLS, NOW) == [Unreachable(MODEL, "shadowed", (of_free, BOTH))]
    assert why(BOTH, MODEL) == []


def test_a_tier_rule_stays_within_reach_while_a_new_model_would_find_it() -> None:
    models = [rule("1.1", provider=OPENAI, model=name) for name in ("gpt", "mini")]
    assert why(TIER, *models) == []
    assert why(TIER, PROVIDER) == [(TIER, "shadowed")]


def test_a_rule_whose_rival_ends_is_within_reach() -> None:
    passing = rule("1.1", provider=OPENAI, ends=NOW + DAY)
    assert why(TIER, passing) == []


def test_rules_that_are_over_are_not_looked_at() -> None:
    assert why(rule("1", tier="perpetual", ends=NOW)) == []
