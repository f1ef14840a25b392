"""Who may change whom: owners are changed by no one alone."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from dashboard import db
from dashboard.actions.add_operator import add_operator
from dashboard.actions.change_role import change_role
from dashboard.actions.disable_operator import disable_operator
from dashboard.actions.enable_operator import enable_operator
from dashboard.actions.invite_again import invite_again
from dashboard.actions.invite_operator import invite_operator
from dashboard.engine.actors import SHELL, Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.store.operators import Operator
from tests.cast import ADAM, OLGA, SAM, Person, hire

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ALONE = "needs the agreement of a second one"


@pytest.fixture
def olga(fresh_app: Flask) -> Iterator[Actor]:
    actor = hire(fresh_app, OLGA)
    with fresh_app.app_context():
        yield actor


def role_of(actor: Actor) -> tuple[str, str]:
    with db.transaction() as session:
        operator = session.get_one(Operator, actor.operator_id)
        return operator.role, operator.status


def test_an_owner_changes_everybody_else(fresh_app: Flask, olga: Actor) -> None:
    sam = hire(fresh_app, SAM)
    assert sam.operator_id
    assert change_role(olga, sam.operator_id, "finance", now=NOON)
    assert not change_role(olga, sam.operator_id, "finance", now=NOON)
    assert disable_operator(olga, sam.operator_id, now=NOON)
    assert not disable_operator(olga, sam.operator_id, now=NOON)
    assert role_of(sam) == ("finance", "disabled")
    assert enable_operator(olga, sam.operator_id, now=NOON)
    assert role_of(sam) == ("finance", "active")
    with pytest.raises(RuleBrokenError, match="Choose one of the roles"):
        change_role(olga, sam.operator_id, "king", now=NOON)


def test_the_only_owner_stays(olga: Actor) -> None:
    assert olga.operator_id
    with pytest.raises(RuleBrokenError, match="the only owner"):
        change_role(olga, olga.operator_id, "admin", now=NOON)
    with pytest.raises(RuleBrokenError, match="the only owner"):
        disable_operator(olga, olga.operator_id, now=NOON)
    assert role_of(olga) == ("owner", "active")


def test_the_only_owner_may_make_a_second_one_and_then_neither_acts_alone(fresh_app: Flask, olga: Actor) -> None:
    adam, sam = hire(fresh_app, ADAM), hire(fresh_app, SAM)
    assert adam.operator_id
    assert sam.operator_id
    assert change_role(olga, adam.operator_id, "owner", now=NOON)
    with pytest.raises(RuleBrokenError, match=ALONE):
        change_role(olga, adam.operator_id, "admin", now=NOON)
    with pytest.raises(RuleBrokenError, match=ALONE):
        change_role(olga, sam.operator_id, "owner", now=NOON)
    with pytest.raises(RuleBrokenError, match=ALONE):
        disable_operator(olga, adam.operator_id, now=NOON)
    with pytest.raises(RuleBrokenError, match=ALONE):
        invite_operator(olga, email="x@example.com", name="X", role="owner", now=NOON)
    assert role_of(adam) == ("owner", "active")
    assert role_of(sam) == ("support", "active")


def test_two_accounts_of_one_owner_are_one_owner(olga: Actor) -> None:
    email, password = "olga.too@example.com", "three green boats"
    add_operator(SHELL, email=email, name="Olga", role="owner", password=password, person_email=OLGA.email, now=NOON)
    assert olga.operator_id
    with pytest.raises(RuleBrokenError, match="the only owner"):
        disable_operator(olga, olga.operator_id, now=NOON)


def test_a_demo_owner_is_no_owner_to_a_real_one(fresh_app: Flask, olga: Actor) -> None:
    hire(fresh_app, Person("Demi", "owner"), is_demo=True)
    adam = hire(fresh_app, ADAM)
    assert adam.operator_id
    assert change_role(olga, adam.operator_id, "owner", now=NOON)


def test_nobody_takes_over_an_owner_by_a_new_link_but_the_shell(fresh_app: Flask, olga: Actor) -> None:
    assert olga.operator_id
    with pytest.raises(RuleBrokenError, match="changed by its owner"):
        invite_again(olga, olga.operator_id, now=NOON)
    assert invite_again(SHELL, olga.operator_id, now=NOON)
