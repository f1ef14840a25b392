"""A replay says what charging would have done, to the last digit, in random worlds and by independent arithmetic."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from dashboard.embedded import Urls
from dashboard.engine.charging import Grant, after, charge
from dashboard.engine.credits import Policy
from dashboard.engine.impact import (
    Assumptions,
    Pair,
    RuleChange,
    Scenario,
    Standing,
    Term,
    rates_of,
    same_terms,
    standing_rules,
)
from dashboard.engine.impact_found import impact_of
from dashboard.engine.impact_json import evidence_of, impacts_of, prices_at, scenarios_of, written
from dashboard.engine.rating import Rule
from dashboard.engine.replayed import Outcome
from dashboard.engine.rules import DatedRule as EngineRule
from dashboard.engine.run_out import Spell, play
from dashboard.engine.spread import spread_of
from dashboard.reports.pricing.replay import replay
from tests.conftest import owned
from tests.engine.reference import SEEDED, Books
from tests.engine.scene import build, post
from tests.engine.worlds import CENTURY, MODELS, PROVIDERS, DatedRule, Event, World, world_of

WINDOW = (datetime(2000, 1, 2, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
AS_OF = datetime(2040, 1, 1, tzinfo=UTC)
PROVIDER_NAMES = dict(zip(PROVIDERS, ("openai", "anthropic"), strict=True))
NAMES = {**PROVIDER_NAMES, **{UUID(f"8f0c3f5e-0d2b-5a51-9c6c-3a1f0c1d000{n}"): f"p{n}" for n in (3, 4, 5)}}
ZERO = Decimal(0)


@pytest.fixture(scope="module")
def owner_of_nothing_yet(database: Urls) -> Iterator[Connection]:
    with owned(database) as connection:
        yield connection.execution_options(isolation_level="READ COMMITTED")


@contextmanager
def undone(connection: Connection) -> Iterator[Connection]:
    with connection.begin() as transaction:
        yield connection
        transaction.rollback()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_replay_charges_what_the_engine_would_have(owner_of_nothing_yet: Connection, seed: int) -> None:
    world = world_of(seed)
    today = as_it_stands(world)
    changes, changed_world = changed(today, Random(seed))
    with undone(owner_of_nothing_yet) as connection:
        build(connection, world)
        events = [event for batch in world.batches for event in batch]
        post(connection, world, events)
        found = replay(connection, WINDOW, [Scenario(), Scenario(changes)], Standing(AS_OF))
    before, standing, after_change = (booked(one, events) for one in (world, today, changed_world))
    assert found.difference == 0
    assert found.deviation == 0
    check(found.customers, before, 0)
    check(found.customers, standing, 1)
    check(found.customers, standing, 2)
    check(found.customers, after_change, 3)
    impact = impact_of(found, 2, names=NAMES)
    due_before, due_today, due = (
        sum((row.rating.credits_due for row in books.booked.values()), ZERO)
        for books in (before, standing, after_change)
    )
    base, same = (impact_of(found, place, names=NAMES) for place in (0, 1))
    assert (base.before.credits_due, base.after.credits_due) == (due_before, due_today)
    assert (same.charged.credits_due, same.before.credits_due, same.after) == (due_before, due_today, same.before)
    others = impact_of(found, 2, names=NAMES, speaks_of=lambda _: True)
    assert others == impact
    assert sum((found.steps(row, 3) * found.step for row in found.days), ZERO) == due
    kept = written(evidence_of([base, impact], as_of=AS_OF, standing=Standing(AS_OF)))
    assert (impacts_of(kept), prices_at(kept)) == ([base, impact], AS_OF)


def as_it_stands(world: World) -> World:
    """The same world, had the rules and the policy that stand at AS_OF held since ever."""
    seeded = [DatedRule(CENTURY, None, Rule(UUID(int=0), "tier", given, tier)) for tier, given in SEEDED.items()]
    standing = [DatedRule(CENTURY, None, dated.rule) for dated in world.rules if dated.holds(AS_OF)]
    policies = {CENTURY: world.policies[max(world.policies)]} if world.policies else {}
    return replace(world, rules=standing + seeded, policies=policies)


def changed(world: World, chance: Random) -> tuple[tuple[RuleChange, ...], World]:
    """Change one scope, and the world with it."""
    provider, model = chance.choice(PROVIDERS), chance.choice(MODELS)
    scope, tier, provider_id, model_id = chance.choice(
        [
            ("combination", "pro", provider, model),
            ("model", None, provider, model),
            ("model", None, None, model),
            ("provider", None, provider, None),
            ("tier", "perpetual", None, None),
        ]
    )
    rule = Rule(UUID(int=7), scope, Decimal(chance.randint(1, 99_999)).scaleb(-4), tier, provider_id, model_id)
    same = (scope, tier, provider_id, model_id)
    kept = [
        dated
        for dated in world.rules
        if (dated.rule.scope, dated.rule.tier, dated.rule.provider_id, dated.rule.model_id) != same
    ]
    change = RuleChange(scope, rule.multiplier, tier, PROVIDER_NAMES[provider_id] if provider_id else None, model_id)
    return (change,), replace(world, rules=[*kept, DatedRule(CENTURY, None, rule)])


def booked(world: World, events: list[Event]) -> Books:
    books = Books(world)
    books.post(events)
    return books


def check(customers: Sequence[Outcome], books: Books, scenario: int) -> None:
    """Every customer is charged, covered and realised as one request after the other would have been."""
    wanted: dict[UUID, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO, ZERO])
    for (user, _), row in books.booked.items():
        amounts = (row.rating.credits_due, row.charge.credits_deducted, row.charge.realised_usd)
        wanted[user] = [so_far + amount for so_far, amount in zip(wanted[user], amounts, strict=True)]
    found = {one.user_id: [one.due[scenario], one.deducted(scenario), one.realised(scenario)] for one in customers}
    assert found == dict(wanted)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_spell_is_paid_as_its_requests_would_be(data: st.DataObject) -> None:
    noon = datetime(2026, 9, 1, 12, tzinfo=UTC)
    amounts = st.integers(0, 60).map(Decimal)
    grants = [
        Grant(
            UUID(int=number),
            granted := data.draw(st.integers(1, 80).map(Decimal)),
            min(granted, data.draw(amounts)),
            data.draw(st.sampled_from((ZERO, Decimal(19), Decimal("0.333333333333333333")))),
            noon,
            data.draw(st.sampled_from((None, noon + timedelta(days=1), noon + timedelta(days=2)))),
            10,
        )
        for number in range(data.draw(st.integers(0, 4)))
    ]
    due = data.draw(st.lists(st.lists(amounts, max_size=5), min_size=1, max_size=3))
    spells = [Spell(noon + timedelta(days=day), (sum(own, ZERO),), {}) for day, own in enumerate(due)]
    standing = grants
    for paid, spell, own in zip(play(grants, spells, 0), spells, due, strict=True):
        deducted, realised = ZERO, ZERO
        for one in own:
            charged = charge(one, spell.starts_at, standing)
            standing = after(standing, charged)
            deducted, realised = deducted + charged.credits_deducted, realised + charged.realised_usd
        assert (paid.deducted, paid.realised_usd) == (deducted, realised)
        assert paid.uncovered == sum(own, ZERO) - deducted


def test_a_factor_is_used_only_where_the_quotient_ends() -> None:
    assert Term(Decimal("1.2"), Policy(Decimal("0.001"), Decimal(1))).factor == Decimal(1200)
    assert Term(Decimal("1.2"), Policy(Decimal("0.0003"), Decimal(1))).factor == Decimal(4000)
    assert Term(Decimal("1.25"), Policy(Decimal("0.0003"), Decimal(1))).factor is None


def test_a_change_stands_for_every_rule_of_its_scope_and_leaves_the_others() -> None:
    start, turn, end = (datetime(2026, 9, day, tzinfo=UTC) for day in (1, 11, 21))
    pro, openai = Rule(UUID(int=1), "tier", Decimal("1.5"), "pro"), PROVIDERS[0]
    later = Rule(UUID(int=2), "tier", Decimal("1.6"), "pro")
    model = Rule(UUID(int=3), "model", Decimal(3), None, None, "small")
    rules = [EngineRule(pro, 1, CENTURY, turn), EngineRule(later, 1, turn), EngineRule(model, 2, CENTURY)]
    policies = [(CENTURY, Policy(Decimal("0.001"), Decimal(1)))]
    proposed = replace(pro, id=UUID(int=9), multiplier=Decimal(2))
    pairs = [Pair("pro", openai, "large"), Pair("pro", openai, "small")]
    rates = rates_of(pairs, rules, policies, [([proposed], None)], (start, end), Standing(end))
    assert [(rate.pair.model_id, *(term.multiplier for term in rate.terms)) for rate in rates] == [
        ("large", Decimal("1.5"), Decimal("1.6"), Decimal(2)),
        ("large", Decimal("1.6"), Decimal("1.6"), Decimal(2)),
        ("small", Decimal(3), Decimal(3), Decimal(3)),
        ("small", Decimal(3), Decimal(3), Decimal(3)),
    ]
    assert [rate.is_changed(2) for rate in rates] == [True, True, False, False]
    assert same_terms(rates) == [0, 1, 2]
    assert standing_rules(rules, Standing(turn, without=later.id)) == [model, pro]
    assert standing_rules(rules, Standing(turn)) == [later, model]


def test_an_assumption_is_laid_over_and_never_mixed_in() -> None:
    assert Assumptions().are_made is False
    assert Assumptions(Decimal(-10), Decimal(5)).factor == Decimal("0.855")


def test_a_spread_names_customers_own_changes_not_a_mean() -> None:
    spread = spread_of([Decimal(change) for change in (-5, 0, 0, 7, 2_000)])
    assert dict(spread.quantiles)[50] == 0
    assert dict(spread.quantiles)[100] == 2_000
    assert sum(one.customers for one in spread.bins) == 5
    assert spread_of([]).quantiles == []


def test_scenarios_are_read_as_they_were_written() -> None:
    given_scenarios = [Scenario((RuleChange("tier", Decimal("1.30"), tier="pro"),), Decimal("0.1")), Scenario()]
    assert scenarios_of(written(given_scenarios)) == given_scenarios
