"""Raw SQL as the application's role against the four eyes of prices: every way round them is closed."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from dashboard.engine.actors import Actor
from tests.cast import ADAM, ANNA, FIONA, OLGA, SAM, Person, hire
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


def test_somebody_else_may_approve_and_then_it_holds(raw: Raw, adam: Actor, anna: Actor) -> None:
    config_id = raw.submitted(adam)
    assert raw.approve(anna, config_id) == "done"
    people = "select role from pricing_config_participant where config_id = :id order by role"
    assert raw.connection.execute(text(people), {"id": config_id}).scalars().all() == ["approver", "author"]
    dates = (
        "select effective_from = approved_at, previous_multiplier, change_percent from pricing_configs where id = :id"
    )
    assert list(map(str, raw.connection.execute(text(dates), {"id": config_id}).one())) == ["True", "1.5000", "6.6667"]
    ended = "select count(*) from pricing_configs where effective_until = (select approved_at from pricing_configs where id = :id)"
    assert raw.connection.execute(text(ended), {"id": config_id}).scalar_one() == 1


@pytest.mark.parametrize(
    "change",
    [
        "insert into pricing_configs (scope_id, margin_multiplier, reason, approval_status) values (1, 9, 'x', 'approved')",
        "insert into pricing_configs (scope_id, margin_multiplier, reason) values (1, 9, 'manual_adjustment')",
        "insert into pricing_config_participant select id, gen_random_uuid(), 'approver' from pricing_configs",
        "update pricing_configs set approval_status = 'approved', approved_at = now()",
        "update pricing_configs set approved_at = now() - interval '1 day'",
        "update pricing_configs set effective_from = now() - interval '1 day'",
        "update pricing_configs set effective_until = now()",
        "update pricing_configs set acknowledges = '{below_cost}'",
        "update pricing_config_participant set person_id = gen_random_uuid()",
        "delete from pricing_config_participant",
        "insert into pricing_scope (scope_type, subscription_tier) values ('tier', 'pro')",
        "update pricing_config_event set actor_name = 'somebody else'",
        "insert into pricing_config_event (config_id, at, kind, actor_name) select id, now(), 'approved', 'me' from pricing_configs",
        "delete from pricing_config_comment",
        "update operator set person_id = gen_random_uuid()",
        "select approve_price_at(gen_random_uuid(), gen_random_uuid(), '', now() - interval '1 year')",
        "select draft_price_at(gen_random_uuid(), '{}', null, null, now())",
        "select submit_price_at(gen_random_uuid(), gen_random_uuid(), now())",
        "select expire_prices_at(now() + interval '1 year')",
        "select reopen_price(null, null, now())",
        "select note_price_event(gen_random_uuid(), now(), 'approved', null)",
    ],
)
def test_the_app_reaches_prices_only_through_their_acts(connection: Connection, change: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text(change))


def test_an_edit_after_submission_voids_what_was_submitted(raw: Raw, adam: Actor, anna: Actor) -> None:
    config_id = raw.submitted(adam)
    edited = raw.draft(anna, config_id, multiplier="1.7")
    assert edited.outcome == "done"
    third = raw.hire("owner")
    assert raw.approve(third, config_id) == "not_pending"
    assert raw.submit(anna, edited.config_id) == "done"
    # Whoever wrote the first version and whoever edited it had both a hand in this one.
    assert [raw.approve(who, edited.config_id) for who in (adam, anna)] == ["same_person"] * 2
    assert raw.approve(third, edited.config_id) == "done"
    after = raw.draft(adam, edited.config_id)
    assert after.outcome == "not_open"


def test_the_author_cannot_approve_under_another_account(raw: Raw, adam: Actor) -> None:
    config_id = raw.submitted(adam)
    again = raw.hire("owner", person=adam.person_id)
    assert raw.approve(again, config_id) == "same_person"
    assert raw.say("reject_price", again.operator_id, config_id, "no").outcome == "same_person"


def test_an_owner_cannot_approve_their_own(app: Flask, raw: Raw) -> None:
    olga = hire(app, OLGA)
    assert raw.approve(olga, raw.submitted(olga)) == "same_person"


@pytest.mark.parametrize("person", [FIONA, SAM])
def test_no_other_role_proposes_or_decides(app: Flask, raw: Raw, adam: Actor, person: Person) -> None:
    other = hire(app, person)
    assert raw.draft(other).outcome == "not_an_operator"
    assert raw.approve(other, raw.submitted(adam)) == "not_an_operator"


def test_a_disabled_account_and_one_nobody_has_decide_nothing(raw: Raw, adam: Actor) -> None:
    config_id = raw.submitted(adam)
    assert raw.approve(raw.hire("admin", status="disabled"), config_id) == "not_an_operator"
    assert raw.approve(replace(adam, operator_id=uuid4()), config_id) == "not_an_operator"
    assert raw.say("approve_price", None, config_id, b"").outcome == "not_an_operator"


def test_what_was_not_seen_is_not_approved(raw: Raw, adam: Actor, anna: Actor) -> None:
    first, second = raw.submitted(adam), raw.submitted(adam, multiplier="1.7")
    seen = raw.connection.execute(text("select price_seen_sha256(:id)"), {"id": second}).scalar_one()
    assert raw.approve(anna, first) == "done"
    # What it would follow is no longer what was shown.
    assert raw.say("approve_price", anna.operator_id, second, seen).outcome == "changed"
    assert raw.say("approve_price", anna.operator_id, second, None).outcome == "changed"
    assert raw.approve(anna, second) == "done"


def test_a_proposal_nobody_decided_in_time_cannot_be_approved(owner: Connection, adam: Actor, anna: Actor) -> None:
    given: dict[str, Any] = {"adam": adam.operator_id, "anna": anna.operator_id, "now": now() - 15 * DAY}
    given["terms"] = json.dumps(TERMS | {"tier": "enterprise_pro"})
    for urgent, lives in ((False, 14 * DAY), (True, DAY)):
        given["terms"] = json.dumps(TERMS | {"tier": "enterprise_pro", "urgent": urgent})
        given["id"] = one(
            owner, "select (draft_price_at(:adam, cast(:terms as jsonb), null, null, :now)).config_id", given
        )
        assert one(owner, "select (submit_price_at(:adam, :id, :now)).outcome", given) == "done"
        given["at"] = given["now"] + lives - timedelta(seconds=1)
        assert one(owner, "select count(*) from expire_prices_at(:at)", given) == 0
        given["at"] = given["now"] + lives
        approving = "select (approve_price_at(:anna, :id, price_seen_sha256(:id, :at), :at)).outcome"
        assert one(owner, approving, given) == "too_late"
        assert one(owner, "select expire_prices_at(:at)", given) == given["id"]
        assert one(owner, approving, given) == "not_pending"


def test_only_its_writers_submit_and_withdraw_a_proposal(raw: Raw, adam: Actor, anna: Actor) -> None:
    config_id = raw.draft(adam).config_id
    assert raw.submit(anna, config_id) == "not_yours"
    assert raw.say("withdraw_price", anna.operator_id, config_id, "no").outcome == "not_yours"
    assert raw.say("withdraw_price", adam.operator_id, config_id, "no").outcome == "done"
    assert raw.submit(adam, config_id) == "not_draft"


def test_tables_put_in_the_way_deceive_nobody(raw: Raw, adam: Actor) -> None:
    config_id = raw.submitted(adam)
    raw.connection.execute(
        text(
            "create temp table pricing_config_participant (config_id uuid, person_id uuid, role text, operator_id uuid, created_at timestamptz)"
        )
    )
    raw.connection.execute(text("set local search_path = pg_temp, public"))
    assert raw.approve(adam, config_id) == "same_person"


def test_everything_that_happens_leaves_a_line_with_person_and_time(raw: Raw, adam: Actor, anna: Actor) -> None:
    config_id = raw.submitted(adam)
    raw.say("comment_on_price", anna.operator_id, config_id, "Why so much?")
    raw.say("reject_price", anna.operator_id, config_id, "Too much")
    sql = "select kind, person_id, reason, at <= clock_timestamp() from pricing_config_event where config_id = :id order by id"
    assert [tuple(row) for row in raw.connection.execute(text(sql), {"id": config_id})] == [
        ("drafted", adam.person_id, None, True),
        ("submitted", adam.person_id, None, True),
        ("commented", anna.person_id, None, True),
        ("rejected", anna.person_id, "Too much", True),
    ]


@pytest.mark.parametrize("words", ["", " \n", "x" * 4001])
def test_a_comment_says_something(raw: Raw, adam: Actor, words: str) -> None:
    config_id = raw.draft(adam).config_id
    assert raw.say("comment_on_price", adam.operator_id, config_id, words).outcome == "no_words"
