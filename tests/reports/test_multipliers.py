"""What each rule decided, by the engine from summaries, is what the ledger says request by request."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from dashboard.db import snapshot
from dashboard.engine.figures import Figures, total
from dashboard.engine.periods import Period
from dashboard.engine.rating import Tokens
from dashboard.engine.rules import Cell
from dashboard.reports import overview
from dashboard.reports.filters import Filters
from dashboard.reports.margins import Question, explore
from dashboard.reports.pricing.coverage import coverage
from dashboard.reports.pricing.explainer import explain
from dashboard.reports.pricing.multipliers import WINDOWS, decided_between, history, multiplier_rules, multipliers
from tests.pages.pricing.rules import GEMINI_FROM, GPT_UNTIL, PRO_NEXT, SONNET_AGAIN, SONNET_FROM, open_shop_with_rules
from tests.shop import FIRST, NOW

NEXT_DAY = NOW + timedelta(days=1)
LEDGER = """
    select pricing_config_id, count(*), sum(vendor_cost), sum(credits_deducted * unit_usd), sum(realised_revenue_usd)
    from token_usage_ledger
    where margin_multiplier > 0
    group by pricing_config_id
"""


@pytest.fixture(scope="module")
def shop(app: Flask, database: object) -> Flask:
    from tests.conftest import owned

    with owned(database.owner) as owner:  # type: ignore[attr-defined]  # the addresses of this module's database
        open_shop_with_rules(app, owner)
    return app


@pytest.fixture
def reading(shop: Flask) -> Iterator[Connection]:
    with shop.app_context(), snapshot() as connection:
        yield connection


def test_what_each_rule_decided_is_what_the_ledger_kept(reading: Connection) -> None:
    rows = multiplier_rules.all(reading)
    found: dict[object, list[Figures]] = {}
    for one in decided_between(reading, rows, FIRST, NEXT_DAY.date(), Filters()):
        if one.is_charged and one.figures.requests:
            found.setdefault(one.rule.id if one.rule else None, []).append(one.figures)
    said = {
        rule: (sums.requests, sums.vendor_cost_usd, sums.list_revenue_usd, sums.realised_revenue_usd)
        for rule, sums in ((rule, total(figures)) for rule, figures in found.items())
    }
    kept = {row[0]: tuple(row[1:]) for row in reading.execute(text(LEDGER))}
    assert said == kept
    assert len(kept) == 9
    assert None in kept


def test_the_windows_add_up_to_the_margins_page(reading: Connection) -> None:
    read = multipliers(reading, Filters(), NEXT_DAY)
    for days in WINDOWS:
        period = Period.ending(NEXT_DAY.date(), days)
        assert read.together[days].figures == explore(reading, Question(period, groups=("tier",))).now
        assert total(scope.earned[days].figures for scope in read.scopes) == read.together[days].figures


def test_there_is_one_target_the_one_of_the_rules_that_held(reading: Connection) -> None:
    period = Period.ending(NEXT_DAY.date(), 30)
    said = overview.read(reading, period, NEXT_DAY.date())
    assert said.target_percent == multipliers(reading, Filters(), NEXT_DAY).together[30].aimed_percent
    by_request = """
        select user_tier_at_request,
            round(sum(target * credits_deducted) / sum(credits_deducted), 6)
        from token_usage_ledger as usage
        left join pricing_configs as config on config.id = usage.pricing_config_id
        cross join lateral (
            select coalesce(
                target_gross_margin_percent, (usage.margin_multiplier - 1) / usage.margin_multiplier * 100
            )
        ) as aim (target)
        where usage.margin_multiplier > 0 and accounted_at >= :start and accounted_at < :end
        group by rollup (user_tier_at_request)
    """
    rows = reading.execute(text(by_request), {"start": period.start, "end": period.end})
    kept = {row[0]: row[1] for row in rows}
    found = {tier.name: tier.target_percent for tier in said.tiers} | {None: said.target_percent}
    assert {tier: round(target, 6) for tier, target in found.items() if target} == kept


def test_a_filter_narrows_the_requests_and_nothing_else(reading: Connection) -> None:
    read = multipliers(reading, Filters(providers=("google",), tiers=("pro",)), NEXT_DAY)
    filters = Filters(providers=("google",), tiers=("pro",))
    period = Period.ending(NEXT_DAY.date(), 30)
    assert read.together[30].figures == explore(reading, Question(period, filters, ("tier",))).now


def test_the_engine_and_the_database_choose_the_same_rule(reading: Connection) -> None:
    sample = "select distinct user_tier_at_request, provider_id, model_id from token_usage_ledger"
    cells = [Cell(*row) for row in reading.execute(text(sample))]
    turns = (SONNET_FROM, SONNET_AGAIN, GEMINI_FROM, GPT_UNTIL, PRO_NEXT, datetime(2024, 1, 1, tzinfo=UTC))
    instants = [turn + step for turn in turns for step in (timedelta(microseconds=-1), timedelta(0))]
    for cell in cells:
        for at in instants:
            assert explain(reading, cell, at, Tokens()).agrees, (cell, at)


def test_every_charged_request_is_explained_by_the_rule_it_was_charged_by(reading: Connection) -> None:
    charged = """
        select user_tier_at_request, provider_id, model_id, request_started_at, pricing_config_id,
            input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, vendor_cost, credits_due
        from token_usage_ledger
        where margin_multiplier > 0 and cost_status = 'computed'
        order by request_started_at
        limit 120
    """
    for tier, provider, model, at, rule, *tokens, cost, credits in reading.execute(text(charged)):
        found = explain(reading, Cell(tier, provider, model), at, Tokens(*tokens))
        winner = found.resolution.winner
        assert (winner.rule.id if winner else None) == rule
        assert found.rating.vendor_cost_usd == cost
        assert found.rating.credits_due == credits


def test_a_version_keeps_what_it_decided_itself(reading: Connection) -> None:
    rows = multiplier_rules.all(reading)
    sonnet = next(row for row in rows if row.model == "claude-sonnet-4-5")
    read = history(reading, sonnet.scope_id, NOW)
    kept = {row[0]: row[1] for row in reading.execute(text(LEDGER))}
    assert {rule: earned.figures.requests for rule, earned in read.earned.items()} == {
        version.id: kept[version.id] for version in read.versions
    }
    assert [version.multiplier for version in read.versions] == [Decimal("1.45"), Decimal("1.3")]


def test_a_tier_without_a_rule_is_listed_with_its_requests(reading: Connection) -> None:
    read = coverage(reading, NEXT_DAY)
    assert {gap.tier.name for gap in read.gaps} == {"enterprise_pro"}
    on_default = "select count(*) from token_usage_ledger where multiplier_scope = 'default' and accounted_at >= :since"
    since = datetime.combine(date(2026, 10, 2), datetime.min.time(), UTC)
    counted = reading.execute(text(on_default), {"since": since}).scalar_one()
    assert sum(gap.requests for gap in read.gaps) == counted > 0
    assert read.covered + read.open == read.cells


def test_nothing_is_out_of_reach_in_a_shop_in_order(reading: Connection) -> None:
    assert coverage(reading, NOW).out_of_reach == ()
