"""Plans and the credit policy: proposed by one, approved by another, never in the past; in engine, act and table."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from dashboard import db
from dashboard.actions.apply_plan_change import PlanApplied
from dashboard.actions.approve import approve
from dashboard.actions.propose_plan_change import propose_plan_change
from dashboard.actions.reject import reject
from dashboard.actions.withdraw import withdraw
from dashboard.actions.withdraw_plan_change import withdraw_plan_change
from dashboard.embedded import Urls
from dashboard.engine.actors import SHELL, Actor
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.reports.checks import broken
from dashboard.reports.pricing.tiers import change
from dashboard.store.catalogue import CreditPolicy, Tier, TierVersion
from dashboard.store.plans import TierStateChange
from tests.actions.plan_changes import (
    DEARER,
    LATER,
    NOT_SOLD,
    NOW,
    OTHER_ACCOUNT,
    SEEDED,
    TENTHS,
    approves,
    proposes,
    seen,
    state,
    versions,
)
from tests.books import Story
from tests.cast import ADAM, ANNA, AUD, FIONA, OLGA, SAM, hire
from tests.conftest import owned


@pytest.fixture
def office(app: Flask) -> Iterator[Flask]:
    """For what changes nothing."""
    with app.app_context():
        yield app


@pytest.fixture
def shop(fresh_app: Flask) -> Iterator[Flask]:
    with fresh_app.app_context():
        yield fresh_app


def test_another_admin_or_an_owner_approves_and_only_then_the_version_is_there(shop: Flask) -> None:
    request_id = proposes(shop, DEARER)
    assert versions("pro") == [(SEEDED, Decimal(19))]
    assert approves(shop, request_id) == PlanApplied("pro", LATER)
    assert versions("pro") == [(SEEDED, Decimal(19)), (LATER, Decimal(21))]
    with db.transaction() as session:
        assert session.get_one(TierVersion, ("pro", LATER)).approval_id == request_id
    again = replace(DEARER, monthly_price_usd=Decimal(20), effective_from=None)
    assert isinstance(approves(shop, proposes(shop, again), OLGA), PlanApplied)
    started = versions("pro")[1][0]
    assert NOW <= started <= datetime.now(UTC)
    with db.snapshot() as connection:
        assert broken(connection) == {}


def test_a_scheduled_version_is_withdrawn_with_a_reason_and_never_comes_back(shop: Flask) -> None:
    tier_id, policy_id = proposes(shop, DEARER), proposes(shop, TENTHS)
    adam = hire(shop, ADAM)
    with pytest.raises(RuleBrokenError, match="no scheduled version"):
        withdraw_plan_change(adam, tier_id, "Not yet approved", now=NOW)
    for request_id in (tier_id, policy_id):
        approves(shop, request_id)
        with pytest.raises(InvalidInputError):
            withdraw_plan_change(adam, request_id, " ", now=NOW)
        with pytest.raises(RuleBrokenError, match="Only an admin or an owner"):
            withdraw_plan_change(hire(shop, FIONA), request_id, "I would rather not", now=NOW)
        withdraw_plan_change(adam, request_id, "Costs fell again", now=NOW)
        with pytest.raises(RuleBrokenError, match="no scheduled version"):
            withdraw_plan_change(adam, request_id, "Again", now=NOW)
        with pytest.raises(DBAPIError, match="made already"), db.db.engine.connect() as connection:
            connection.execute(text("select apply_plan_change(:id)"), {"id": request_id})
    assert versions("pro") == [(SEEDED, Decimal(19))]
    with db.snapshot() as connection:
        assert broken(connection) == {}
        shown = change(connection, NOW, tier_id)
        assert shown is not None
        assert (shown.state, shown.decision_reason, shown.withdrawn_by) == ("withdrawn", "Costs fell again", adam.name)


def test_what_has_begun_or_is_followed_is_not_withdrawn(shop: Flask) -> None:
    first = proposes(shop, DEARER)
    approves(shop, first)
    after = replace(DEARER, based_on=LATER, monthly_price_usd=Decimal(23), effective_from=LATER + timedelta(days=9))
    second = proposes(shop, after)
    approves(shop, second)
    adam = hire(shop, ADAM)
    with pytest.raises(RuleBrokenError, match="withdraw that one first"):
        withdraw_plan_change(adam, first, "Costs fell", now=NOW)
    withdraw_plan_change(adam, second, "Costs fell", now=NOW)
    withdraw_plan_change(adam, first, "Costs fell", now=NOW)
    soon = proposes(shop, replace(DEARER, effective_from=None))
    approves(shop, soon)
    with pytest.raises(RuleBrokenError, match="holds already"):
        withdraw_plan_change(adam, soon, "Costs fell", now=NOW)
    assert [price for _, price in versions("pro")] == [19, 21]


def test_a_plan_that_says_other_than_was_approved_breaks_a_law(shop: Flask, fresh_database: Urls) -> None:
    approves(shop, proposes(shop, DEARER))
    approves(shop, proposes(shop, TENTHS))
    approves(shop, proposes(shop, NOT_SOLD))
    with owned(fresh_database) as owner:
        assert broken(owner) == {}
        for change in (
            "update tier_version set monthly_price_usd = 1 where approval_id is not null",
            "update credit_policy set increment = 5 where approval_id is not null",
            "update tier_change set is_sold = true",
        ):
            owner.execute(text("begin"))
            owner.execute(text(change))
            assert broken(owner) == {"plans_are_approved": 1}
            owner.execute(text("rollback"))


def test_the_increment_changes_by_date_and_the_unit_only_while_nothing_was_granted(shop: Flask) -> None:
    approves(shop, proposes(shop, TENTHS))
    with pytest.raises(InvalidInputError, match="only hold from its approval"):
        proposes(shop, replace(TENTHS, unit_usd=Decimal("0.01"), effective_from=NOW + timedelta(days=1)))
    at_once = replace(TENTHS, unit_usd=Decimal("0.01"), effective_from=None)
    waiting = proposes(shop, at_once)
    first = proposes(shop, replace(at_once, unit_usd=Decimal("0.02")))
    approves(shop, first)
    with pytest.raises(RuleBrokenError, match="no longer what holds"):
        approves(shop, waiting)
    with db.transaction() as session:
        held = session.scalars(select(CreditPolicy).order_by(CreditPolicy.effective_from)).all()
    assert [(one.unit_usd, one.increment) for one in held] == [
        (Decimal("0.001"), 1),
        (Decimal("0.02"), Decimal("0.1")),
        (Decimal("0.001"), Decimal("0.1")),
    ]


def test_the_unit_is_fixed_by_the_first_grant_even_between_proposal_and_approval(shop: Flask) -> None:
    waiting = proposes(shop, replace(TENTHS, unit_usd=Decimal("0.01"), effective_from=None))
    Story(shop).play("day 0: grant A 10 for $1 paid")
    with pytest.raises(RuleBrokenError, match="revalue every balance"):
        approves(shop, waiting)
    with pytest.raises(InvalidInputError, match="revalue every balance"):
        proposes(shop, replace(TENTHS, unit_usd=Decimal("0.01"), effective_from=None))
    assert isinstance(approves(shop, proposes(shop, replace(TENTHS, effective_from=None))), PlanApplied)


def test_a_tier_is_taken_out_of_sale_and_its_history_says_so(shop: Flask) -> None:
    request_id = proposes(shop, NOT_SOLD)
    approves(shop, request_id)
    with db.transaction() as session:
        tier, change = session.get_one(Tier, "pro_max"), session.get_one(TierStateChange, request_id)
        assert (tier.is_sold, tier.is_active) == (False, True)
        assert (change.was_sold, change.is_sold) == (True, False)
    with pytest.raises(RuleBrokenError, match="no longer what holds"):
        proposes(shop, NOT_SOLD)


def test_a_tier_customers_have_stays_in_use_and_one_without_a_multiplier_out_of_it(shop: Flask) -> None:
    Story(shop).play("day 0: grant A 10 for $1 paid")
    with db.transaction() as session:
        taken = session.execute(text("select tier from subscription_monetization limit 1")).scalar_one()
    with pytest.raises(RuleBrokenError, match="Customers have this tier"):
        approves(shop, proposes(shop, state(taken, was=(True, True), now=(False, False))))
    with pytest.raises(RuleBrokenError, match="propose one first"):
        approves(shop, proposes(shop, state("perpetual", was=(False, False), now=(True, True))))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"effective_from": NOW - timedelta(seconds=1)}, "effective_from"),
        ({"monthly_price_usd": Decimal(-1)}, "monthly_price_usd"),
        ({"monthly_price_usd": Decimal("1.005")}, "monthly_price_usd"),
        ({"annual_price_usd": Decimal("NaN")}, "annual_price_usd"),
        ({"monthly_credit_allocation": Decimal("1e30")}, "monthly_credit_allocation"),
        ({"max_credit_rollover": Decimal(20_001)}, "max_credit_rollover"),
        ({"floor_multiplier": Decimal(0)}, "floor_multiplier"),
        ({"floor_multiplier": Decimal(100)}, "floor_multiplier"),
        ({"trial_days": -1}, "trial_days"),
        ({"why": " "}, "why"),
        ({"monthly_price_usd": Decimal(19), "annual_price_usd": Decimal(190)}, "monthly_price_usd"),
    ],
)
def test_what_a_version_cannot_say_is_named(office: Flask, wrong: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        proposes(office, replace(DEARER, **wrong))  # type: ignore[arg-type]  # one wrong thing each
    assert list(refused.value.errors) == [field]


def test_nobody_approves_their_own_not_by_a_second_account_nor_as_an_owner(office: Flask) -> None:
    adam, adamo = hire(office, ADAM), hire(office, OTHER_ACCOUNT)
    request_id = proposes(office, DEARER)
    same_person = Actor(adamo.name, "owner", adamo.operator_id, adam.person_id)
    for actor in (adam, same_person):
        with pytest.raises(NotAllowedError, match="another person"):
            approves(office, request_id, actor)
    owners = proposes(office, replace(DEARER, tier="free"), OLGA)
    with pytest.raises(NotAllowedError, match="another person"):
        approves(office, owners, OLGA)
    for person in (FIONA, SAM, AUD):
        with pytest.raises(NotAllowedError):
            proposes(office, DEARER, person)
        with pytest.raises(NotAllowedError):
            approves(office, request_id, person)
    with pytest.raises(NotAllowedError):
        propose_plan_change(SHELL, DEARER, now=NOW)
    assert versions("pro") == [(SEEDED, Decimal(19))]


def test_what_was_seen_is_what_is_approved_once_and_in_time(shop: Flask) -> None:
    request_id = proposes(shop, DEARER)
    with pytest.raises(RuleBrokenError, match="not what you were shown"):
        approve(hire(shop, ANNA), request_id, seen_sha256="00" * 32, now=NOW)
    with pytest.raises(RuleBrokenError, match="after 336 hours"):
        approves(shop, request_id, now=NOW + timedelta(days=14))
    urgent = proposes(shop, replace(DEARER, urgent=True))
    with pytest.raises(RuleBrokenError, match="after 24 hours"):
        approves(shop, urgent, now=NOW + timedelta(hours=24))
    approves(shop, request_id)
    with pytest.raises(RuleBrokenError, match="approved already"):
        approves(shop, request_id)
    with pytest.raises(RuleBrokenError, match="no longer what holds"):
        approves(shop, urgent)
    reject(hire(shop, ANNA), urgent, seen_sha256=seen(urgent), reason="Twice", now=NOW)
    mine = proposes(shop, replace(DEARER, tier="free"))
    withdraw(hire(shop, ADAM), mine, now=NOW)
    assert len(versions("pro")) == 2
    assert len(versions("free")) == 1


def test_a_start_that_passed_while_it_waited_is_refused(shop: Flask) -> None:
    soon = datetime.now(UTC) + timedelta(milliseconds=80)
    request_id = propose_plan_change(
        hire(shop, ADAM), replace(DEARER, effective_from=soon), now=soon - timedelta(seconds=1)
    ).request_id
    while datetime.now(UTC) <= soon:
        pass
    with pytest.raises(RuleBrokenError, match="nothing begins in the past"):
        approves(shop, request_id, now=soon)
    assert versions("pro") == [(SEEDED, Decimal(19))]
