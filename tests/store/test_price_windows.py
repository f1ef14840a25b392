"""Raw SQL as the application's role against the rules of a price: what it may say, and when it may hold."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, IntegrityError

from dashboard.engine.actors import Actor
from tests.cast import ADAM, ANNA, hire
from tests.raw_prices import TERMS, Raw, now, one

DAY = timedelta(days=1)


@pytest.fixture
def raw(connection: Connection) -> Raw:
    """The application, saying SQL in a transaction that is rolled back."""
    return Raw(connection)


@pytest.fixture
def adam(app: Flask) -> Actor:
    return hire(app, ADAM)


@pytest.fixture
def anna(app: Flask) -> Actor:
    return hire(app, ANNA)


def test_a_back_dated_start_is_refused(raw: Raw, owner: Connection, adam: Actor, anna: Actor) -> None:
    late = raw.draft(adam, effective_from=(now() - timedelta(seconds=1)).isoformat())
    assert raw.submit(adam, late.config_id) == "back_dated"
    assert len(at_its_start(owner, adam, anna)) == 2


def at_its_start(owner: Connection, adam: Actor, anna: Actor) -> list[str]:
    """Propose a start of tomorrow, and approve it when it has passed, then at it, by a clock of the owner's own."""
    start, outcomes = now() + DAY, []
    for moment, expected in ((start + timedelta(microseconds=1), "back_dated"), (start, "done")):
        given: dict[str, Any] = {"adam": adam.operator_id, "anna": anna.operator_id, "at": moment, "now": now()}
        given["terms"] = json.dumps(TERMS | {"tier": "pro_max", "effective_from": start.isoformat()})
        given["id"] = one(
            owner, "select (draft_price_at(:adam, cast(:terms as jsonb), null, null, :now)).config_id", given
        )
        assert one(owner, "select (submit_price_at(:adam, :id, :now)).outcome", given) == "done"
        approving = "select (approve_price_at(:anna, :id, price_seen_sha256(:id, :at), :at)).outcome"
        assert one(owner, approving, given) == expected
        outcomes.append(expected)
    return outcomes


@pytest.mark.parametrize(
    "window",
    [
        {"effective_from": "2040-01-01T00:00Z", "effective_until": "2040-01-01T00:00Z"},
        {"effective_from": "2040-01-01T00:00Z", "effective_until": "2039-01-01T00:00Z"},
        {"effective_from": "infinity"},
        {"effective_until": "infinity"},
        {"effective_from": "-infinity", "effective_until": "2039-01-01T00:00Z"},
    ],
    ids=str,
)
def test_an_empty_window_is_refused(raw: Raw, adam: Actor, window: dict[str, Any]) -> None:
    assert raw.draft(adam, **window).outcome == "empty_window"


def test_an_end_before_the_approval_is_an_empty_window(raw: Raw, adam: Actor) -> None:
    over = raw.draft(adam, effective_until=(now() - DAY).isoformat())
    assert raw.submit(adam, over.config_id) == "empty_window"


def test_an_overlapping_window_is_refused(raw: Raw, adam: Actor, anna: Actor) -> None:
    start = (now() + 3 * DAY).isoformat()
    before, same = raw.submitted(adam), raw.submitted(adam, effective_from=start)
    assert raw.approve(anna, raw.submitted(adam, effective_from=start)) == "done"
    assert raw.approve(anna, same) == "overlaps"
    assert raw.approve(anna, before) == "overlaps"
    assert raw.approve(anna, raw.submitted(adam, effective_until=start)) == "done"


@pytest.mark.parametrize("multiplier", ["0", "-1", "NaN", "-Infinity", "0.00001"])
def test_a_multiplier_of_nothing_or_less_is_refused(raw: Raw, adam: Actor, multiplier: str) -> None:
    assert raw.draft(adam, multiplier=multiplier).outcome == "out_of_bounds"


@pytest.mark.parametrize("multiplier", ["99.9901", "100", "1e30", "Infinity", "1.23456", None])
def test_a_multiplier_above_the_bound_is_refused(raw: Raw, adam: Actor, multiplier: str | None) -> None:
    assert raw.draft(adam, multiplier=multiplier).outcome == "out_of_bounds"


def test_below_cost_without_acknowledgement_is_refused(raw: Raw, adam: Actor) -> None:
    silent = raw.draft(adam, multiplier="0.9")
    assert raw.submit(adam, silent.config_id) == "below_cost"
    raw.submitted(adam, multiplier="0.9", acknowledges=["below_cost"])


def test_not_even_the_owner_writes_a_price_below_cost_that_nobody_acknowledged(owner: Connection) -> None:
    sql = """
        insert into pricing_configs (scope_id, margin_multiplier, effective_from, reason, approval_status, approved_at)
        select id, 0.9, now() + interval '1 day', 'manual_adjustment', 'approved', now()
        from pricing_scope where subscription_tier = 'perpetual'
    """
    with pytest.raises(IntegrityError, match="violates check"):
        owner.execute(text(sql))


def test_below_a_floor_without_acknowledgement_is_refused(raw: Raw, adam: Actor) -> None:
    silent = raw.draft(adam, multiplier="1.04")
    assert raw.submit(adam, silent.config_id) == "below_floor"
    raw.submitted(adam, multiplier="1.04", acknowledges=["below_floor"])


@pytest.mark.parametrize(
    ("terms", "outcome"),
    [
        ({"tier": "platinum"}, "unknown_tier"),
        ({"scope_type": "provider", "tier": None, "provider": "acme"}, "unknown_provider"),
        ({"scope_type": "model", "tier": None, "model": "gpt-9"}, "unknown_model"),
        ({"scope_type": "combination"}, "bad_scope"),
        ({"scope_type": "galaxy"}, "bad_scope"),
        ({"scope_type": None}, "bad_scope"),
    ],
    ids=str,
)
def test_a_price_of_nothing_there_is_is_refused(raw: Raw, adam: Actor, terms: dict[str, Any], outcome: str) -> None:
    assert raw.draft(adam, **terms).outcome == outcome


def test_a_price_nobody_would_pay_is_refused(raw: Raw, adam: Actor, anna: Actor) -> None:
    perpetual = raw.draft(adam, tier="perpetual")
    assert raw.submit(adam, perpetual.config_id) == "inactive_tier"
    providers = raw.connection.execute(text("select name from providers")).scalars().all()
    for provider in providers:
        of_provider = raw.submitted(adam, scope_type="provider", tier=None, provider=provider)
        assert raw.approve(anna, of_provider) == "done"
    hidden = raw.draft(adam)
    assert raw.submit(adam, hidden.config_id) == "shadowed"


def test_a_price_whose_end_leaves_only_the_default_is_refused(raw: Raw, adam: Actor) -> None:
    ending = raw.draft(adam, effective_until=(now() + DAY).isoformat())
    assert raw.submit(adam, ending.config_id) == "leaves_default"


def test_withdrawing_a_scheduled_price_gives_the_one_before_its_end_back(raw: Raw, adam: Actor, anna: Actor) -> None:
    first, second = now() + DAY, now() + 2 * DAY
    one_id = raw.submitted(adam, effective_from=first.isoformat())
    assert raw.approve(anna, one_id) == "done"
    two_id = raw.submitted(adam, effective_from=second.isoformat(), multiplier="1.8")
    assert raw.approve(anna, two_id) == "done"
    assert ends(raw.connection) == ["1.5 until 1.6", "1.6 until 1.8", "1.8 for ever"]
    assert raw.say("withdraw_price", anna.operator_id, one_id, "  ").outcome == "no_reason"
    assert raw.say("withdraw_price", anna.operator_id, one_id, "not now").outcome == "done"
    assert ends(raw.connection) == ["1.5 until 1.8", "1.8 for ever"]
    assert raw.say("withdraw_price", anna.operator_id, two_id, "nor this").outcome == "done"
    assert ends(raw.connection) == ["1.5 for ever"]


def test_withdrawing_what_others_rely_on_is_refused(raw: Raw, adam: Actor, anna: Actor) -> None:
    later = (now() + 3 * DAY).isoformat()
    last = raw.submitted(adam, effective_from=later)
    assert raw.approve(anna, last) == "done"
    assert raw.approve(anna, raw.submitted(adam, multiplier="1.8", effective_until=later)) == "done"
    assert raw.say("withdraw_price", anna.operator_id, last, "no").outcome == "leaves_default"
    assert ends(raw.connection) == ["1.5 until 1.8", "1.8 until 1.6", "1.6 for ever"]


def test_withdrawing_what_the_end_of_another_scope_relies_on_is_refused(raw: Raw, adam: Actor, anna: Actor) -> None:
    begins, ends_at = ((now() + days * DAY).isoformat() for days in (3, 6))
    of_providers = []
    for provider in raw.connection.execute(text("select name from providers order by name")).scalars().all():
        given = {"scope_type": "provider", "tier": None, "provider": provider, "effective_from": begins}
        of_providers.append(raw.submitted(adam, **given))
        assert raw.approve(anna, of_providers[-1]) == "done"
    given = {"tier": "pro_max", "effective_from": (now() + DAY).isoformat(), "effective_until": ends_at}
    relying = raw.submitted(adam, **given)
    assert raw.approve(anna, relying) == "done"
    assert raw.say("withdraw_price", anna.operator_id, of_providers[0], "no").outcome == "leaves_default"
    assert raw.say("withdraw_price", anna.operator_id, relying, "no").outcome == "done"
    assert raw.say("withdraw_price", anna.operator_id, of_providers[0], "no").outcome == "done"


def test_withdrawing_the_first_price_of_a_tier_on_the_default_leaves_it_there(
    raw: Raw, owner: Connection, adam: Actor, anna: Actor
) -> None:
    seeded = "select id from pricing_scope where scope_type = 'tier' and subscription_tier = 'enterprise_pro'"
    owner.execute(text(f"delete from pricing_configs where scope_id = ({seeded})"))
    first = raw.submitted(adam, tier="enterprise_pro", effective_from=(now() + 2 * DAY).isoformat())
    assert raw.approve(anna, first) == "done"
    assert raw.say("withdraw_price", anna.operator_id, first, "no").outcome == "done"


def ends(connection: Connection) -> list[str]:
    """Until which next price each approved price of the tier pro holds."""
    sql = """
        select concat(trim_scale(price.margin_multiplier), coalesce(' until ' || trim_scale(after.margin_multiplier), ' for ever'))
        from pricing_configs as price
        join pricing_scope as scope on scope.id = price.scope_id and scope.subscription_tier = 'pro' and scope.rank = 4
        left join pricing_configs as after
            on after.scope_id = price.scope_id and after.effective_from = price.effective_until
            and after.approval_status = 'approved'
        where price.approval_status = 'approved'
        order by price.effective_from
    """
    return list(connection.execute(text(sql)).scalars().all())


def test_a_price_that_has_begun_is_not_withdrawn(raw: Raw, adam: Actor, anna: Actor) -> None:
    config_id = raw.submitted(adam)
    assert raw.approve(anna, config_id) == "done"
    assert raw.say("withdraw_price", anna.operator_id, config_id, "a mistake").outcome == "has_begun"
    soon = raw.submitted(adam, effective_from=(now() + timedelta(minutes=4)).isoformat())
    assert raw.approve(anna, soon) == "done"
    assert raw.say("withdraw_price", anna.operator_id, soon, "a mistake").outcome == "has_begun"


def test_what_a_vendor_charged_in_the_past_stays_charged(connection: Connection, owner: Connection) -> None:
    owner.execute(
        text("insert into models (provider_id, id, name) select id, 'm', 'm' from providers where name = 'openai'")
    )
    price = """
        insert into model_provider_pricing (provider_id, model_name, input_price_per_1k, output_price_per_1k, effective_from,
            effective_until, detected_at, source, last_verified)
        select provider_id, id, 1, 1, {}, {}, now(), 'test', now() from models where id = 'm'
    """
    day = "now() + interval '{} days'"
    owner.execute(text(price.format(day.format(-30), day.format(-20))))
    owner.execute(text(price.format(day.format(-10), "null")))
    ending = (
        "update model_provider_pricing set effective_until = {} where model_name = 'm' and effective_until is {} null"
    )
    for until, which in (("null", "not"), (day.format(-25), "not"), (day.format(-5), "")):
        with pytest.raises((IntegrityError, DataError)):
            _at_commit(connection, ending.format(until, which))
    in_the_way = (
        "create temp table model_provider_pricing as select * from public.model_provider_pricing",
        f"update pg_temp.model_provider_pricing set effective_from = {day.format(-5)}",
        "set local search_path = pg_temp, public",
    )
    with pytest.raises(IntegrityError, match="lies in the past"):
        _at_commit(connection, *in_the_way, ending.format(day.format(-5), "").replace("update ", "update public."))
    _at_commit(connection, ending.format(day.format(5), ""))
    closed = ending.format("(select now() - interval '5 days')", "")
    _at_commit(connection, closed, price.format("(select now() - interval '5 days')", "null"))


def _at_commit(connection: Connection, *statements: str) -> None:
    """Do this and check what is checked at a commit, but keep nothing."""
    try:
        for statement in statements:
            connection.execute(text(statement))
        connection.execute(text("set constraints all immediate"))
    finally:
        connection.rollback()
