"""What a change of a vendor's price does to the margin, and which rules answer it, in exact decimals."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from dashboard.engine.price_effect import (
    PlannedRule,
    TierRule,
    Volume,
    cost_usd,
    effects,
    kept_price_multiplier,
    planned_rules,
)
from dashboard.engine.rating import Rates, Tokens

OLD, NEW = Rates(Decimal("0.002"), Decimal("0.008")), Rates(Decimal("0.0025"), Decimal("0.010"))
FREE = Volume("free", 10, Tokens(uncached=1_000_000, output=100_000), Decimal("2.8"), Decimal("5.6"))
PRO = Volume("pro", 5, Tokens(uncached=500_000, cached=500_000), Decimal(2), Decimal(3))
TIERS = [TierRule("free", "tier", Decimal(2)), TierRule("pro", "tier", Decimal("1.5"))]
SAME = [TierRule("free", "provider", Decimal("1.5")), TierRule("pro", "tier", Decimal("1.5"))]


def test_the_effect_is_the_same_usage_at_both_prices() -> None:
    free, pro = effects(OLD, NEW, [FREE, PRO], {rule.tier: rule for rule in TIERS})
    assert (free.cost_before_usd, free.cost_after_usd, free.cost_change_usd) == (
        Decimal("2.8"),
        Decimal("3.5"),
        Decimal("0.7"),
    )
    # At a multiplier of 2 a cost that rises by 0.7 brings 1.4, so 0.7 more is earned; else it is lost.
    assert (free.margin_before_usd, free.margin_keeping_margin_usd, free.margin_keeping_price_usd) == (
        Decimal("2.8"),
        Decimal("3.5"),
        Decimal("2.1"),
    )
    assert (pro.margin_before_usd, pro.margin_keeping_margin_usd) == (Decimal(1), Decimal("1.25"))


def test_keeping_the_customers_price_divides_what_it_was_by_the_new_cost() -> None:
    assert planned_rules("keep_price", OLD, NEW, [FREE, PRO], SAME) == [
        PlannedRule("model", None, Decimal("1.5"), Decimal("1.2"))
    ]
    assert kept_price_multiplier(Decimal("1.5"), Decimal(1), Decimal(3)) == Decimal("0.5000")
    assert kept_price_multiplier(Decimal("1.5"), Decimal(2), Decimal(3)) == Decimal("1.0000")


def test_keeping_the_margin_leaves_every_multiplier_as_it_is() -> None:
    assert [rule.multiplier for rule in planned_rules("keep_margin", OLD, NEW, [FREE], TIERS)] == [2, Decimal("1.5")]


def test_a_rule_that_is_there_already_changes_nothing() -> None:
    pinned = [TierRule("free", "model", Decimal("1.5")), TierRule("pro", "model", Decimal("1.5"))]
    assert [rule.changes for rule in planned_rules("keep_margin", OLD, NEW, [], pinned)] == [False]
    assert [rule.changes for rule in planned_rules("keep_margin", OLD, NEW, [], SAME)] == [True]
    assert [rule.is_below_cost for rule in planned_rules("keep_price", OLD, NEW, [], [SAME[0]])] == [False]


def test_tiers_that_differ_get_a_rule_each_and_no_rule_of_a_tier_is_touched() -> None:
    planned = planned_rules("keep_price", OLD, NEW, [FREE, PRO], TIERS)
    assert [(rule.scope, rule.tier, rule.multiplier) for rule in planned] == [
        ("combination", "free", Decimal("1.6")),
        ("combination", "pro", Decimal("1.2")),
    ]


def test_a_tier_with_a_combination_rule_is_not_reached_by_a_rule_for_the_model() -> None:
    rules = [TierRule("free", "combination", Decimal("1.5")), TierRule("pro", "tier", Decimal("1.5"))]
    assert {rule.scope for rule in planned_rules("keep_price", OLD, NEW, [], rules)} == {"combination"}


def test_the_mix_of_tokens_decides_where_input_and_output_move_apart() -> None:
    new = Rates(Decimal("0.004"), Decimal("0.008"))
    only_input = Volume("pro", 1, Tokens(uncached=1000), Decimal(1), Decimal(1))
    only_output = Volume("pro", 1, Tokens(output=1000), Decimal(1), Decimal(1))
    rule = [TierRule("pro", "tier", Decimal("1.5"))]
    found = [
        planned_rules("keep_price", OLD, new, [volume], rule)[0].multiplier for volume in (only_input, only_output)
    ]
    assert found == [Decimal("0.75"), Decimal("1.5")]
    # Nobody used it yet: as many tokens in as out, 0.010 becomes 0.012.
    assert planned_rules("keep_price", OLD, new, [], rule)[0].multiplier == Decimal("1.25")


amounts = st.decimals("0.0000000001", 9999, places=10)


@given(amounts, amounts, st.decimals("0.0001", "99.99", places=4), st.integers(1, 10**9))
def test_the_multiplier_is_the_exact_quotient_rounded_once(
    old: Decimal, new: Decimal, multiplier: Decimal, tokens: int
) -> None:
    used = Tokens(uncached=tokens)
    before, after = (cost_usd(used, Rates(price, price)) for price in (old, new))
    exact = Fraction(old) * Fraction(multiplier) / Fraction(new)
    found = kept_price_multiplier(multiplier, before, after)
    assert abs(Fraction(found) - exact) <= Fraction(1, 20_000)
