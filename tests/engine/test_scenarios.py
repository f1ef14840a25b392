"""Scenarios as text: what an address says is what is compared."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.engine.fields import FieldError
from dashboard.engine.impact import RuleChange, Scenario
from dashboard.engine.scenarios import (
    MOST_RULES,
    NamedScenario,
    percent_of,
    read,
    rule_change,
    with_rule,
    without_rule,
    written,
)

LINE = "Cheaper pro;pro/*/*:1.4;*/openai/gpt-4o:1.3;step:0.1"
CHEAPER = NamedScenario(
    "Cheaper pro",
    Scenario(
        (
            RuleChange("tier", Decimal("1.4"), tier="pro"),
            RuleChange("model", Decimal("1.3"), provider="openai", model="gpt-4o"),
        ),
        Decimal("0.1"),
    ),
)
NAMES = st.none() | st.text("ab/:;*%ü .-_", min_size=1, max_size=8).filter(
    lambda name: name != "*" and name == name.strip()
)
MULTIPLIERS = st.decimals("0.0001", "99.99", places=4)


def test_a_line_is_a_scenario_and_a_scenario_its_line() -> None:
    assert read([LINE]) == ([CHEAPER], [])
    assert written(CHEAPER) == LINE


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(NAMES, NAMES, NAMES, MULTIPLIERS), max_size=4), st.none() | MULTIPLIERS)
def test_every_scenario_comes_back_from_its_line(
    rules: list[tuple[str, str, str, Decimal]], step: Decimal | None
) -> None:
    named = NamedScenario("Mine; 50 %/50 %: ü", Scenario((), step))
    for tier, provider, model, multiplier in rules:
        if tier or provider or model:
            named = with_rule(named, rule_change(tier or "", provider or "", model or "", str(multiplier)))
    assert read([written(named)]) == ([named], [])


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("pro/*/*:0", "must be above zero"),
        ("pro/*/*:100", "not plausible"),
        ("pro/*/*:1.23456", "more than 4 decimals"),
        ("pro/*/*:NaN", "finite"),
        ("pro/*/*:-1", "not be negative"),
        ("*/*/*:1.4", "choose at least one"),
        ("pro:1.4", "is not a rule"),
        ("pro/*/*/*:1.4", "is not a rule"),
        ("step:0", "must be above zero"),
        ("step:1e-9", "decimals"),
        ("anything", "is not a rule"),
    ],
)
def test_what_cannot_be_is_named_and_left_aside(part: str, said: str) -> None:
    (found,), (problem,) = read([f"A;free/*/*:2;{part}"])
    assert said in problem
    assert found.scenario.changes == (RuleChange("tier", Decimal(2), tier="free"),)


def test_five_scenarios_are_compared_and_a_rule_stands_once() -> None:
    found, problems = read([LINE] * 6)
    assert len(found) == 5
    assert problems == ["Only the first 5 scenarios are compared."]
    again = with_rule(CHEAPER, RuleChange("tier", Decimal("1.6"), tier="pro"))
    assert [str(rule.multiplier) for rule in again.scenario.changes] == ["1.3", "1.6"]
    assert without_rule(again, again.scenario.changes[0]).scenario.changes == again.scenario.changes[1:]
    full = CHEAPER
    for number in range(MOST_RULES - 2):
        full = with_rule(full, rule_change("", "", f"model-{number}", "2"))
    with pytest.raises(FieldError, match="20 rules"):
        with_rule(full, rule_change("", "", "one-more", "2"))


def test_an_assumption_is_a_percentage_within_its_bounds() -> None:
    assert percent_of("−10", least=Decimal(-100), most=Decimal(1000)) == -10
    for wrong in ("ten", "101", "-1", "1e5"):
        with pytest.raises(FieldError):
            percent_of(wrong, least=Decimal(0), most=Decimal(100))
