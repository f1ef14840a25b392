"""Coupons: approved by two, redeemed within every limit, taken back; what each gives arrives, and goes again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dashboard import db
from dashboard.actions.approve import approve
from dashboard.actions.invoicing import account_credit_of
from dashboard.actions.judging_coupons import Device, Purchase, RedemptionWanted, judge_coupon
from dashboard.actions.propose_coupon_terms import propose_coupon_terms
from dashboard.actions.redeem_coupon import Redeemed, redeem_coupon
from dashboard.actions.reverse_redemption import reverse_redemption
from dashboard.actions.stop_coupon import stop_coupon
from dashboard.engine.actors import SHELL, Actor
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.coupon_checks import CHECKS, CouponRefusedError
from dashboard.engine.coupons import CouponOrder
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from tests.actions.test_contests import at_once
from tests.cast import ADAM, FIONA, OLGA, SAM, hire
from tests.coupons import NOW, TWENTY, campaign, coupon, customer, laws, made, one, seen, spend
from tests.unchanged import unchanged

BALANCE = "select amount from user_credit_balance where user_id = :user"
BUY_PRO = Purchase(Decimal(19), "pro", "monthly")


@pytest.fixture(scope="module")
def sam(app: Flask) -> Actor:
    return hire(app, SAM)


@pytest.fixture(scope="module")
def adam(app: Flask) -> Actor:
    return hire(app, ADAM)


@pytest.fixture(autouse=True)
def every_law_holds_after_each_test(app: Flask) -> Iterator[None]:
    yield
    assert laws(app) == {}


def redeem(app: Flask, actor: Actor, user: UUID, code: str, **given: object) -> Redeemed:
    with app.app_context():
        return redeem_coupon(actor, RedemptionWanted(user, code, **given), now=datetime.now(UTC))  # type: ignore[arg-type]


def refused(app: Flask, actor: Actor, user: UUID, code: str, **given: object) -> str:
    with pytest.raises(CouponRefusedError) as error:
        redeem(app, actor, user, code, **given)
    return error.value.code


def test_document_001_a_coupon_of_20_credits_makes_a_balance_of_20(app: Flask, sam: Actor) -> None:
    coupon(app, "WELCOME20")
    user = customer(app, "ada")
    done = redeem(app, sam, user, " welcome20 ")
    assert (done.credits, done.number, done.discount_usd) == (Decimal(20), 1, Decimal(0))
    assert one(app, BALANCE, user=user) == 20
    grant = (
        "select category || ' ' || source || ' ' || origin from user_credit_source where user_id = :user and id = :id"
    )
    assert one(app, grant, user=user, id=done.redemption_id) == "promotional coupon_promotion Coupon WELCOME20"
    again = redeem(app, sam, user, "WELCOME20", redemption_id=done.redemption_id)
    assert (again.replayed, again.number) == (True, 1)
    assert refused(app, sam, user, "WELCOME20") == "MAX_USER_USES_EXCEEDED"
    assert one(app, BALANCE, user=user) == 20


def test_a_redemption_is_taken_back_once_and_at_most_what_is_left_of_its_credits(
    app: Flask, sam: Actor, adam: Actor
) -> None:
    coupon(app, "BACK20", max_uses=1)
    user = customer(app, "bob")
    done = redeem(app, sam, user, "BACK20")
    assert refused(app, sam, customer(app, "ben"), "BACK20") == "MAX_USES_EXCEEDED"
    spend(app, "bob", 15)
    with app.app_context():
        with pytest.raises(NotAllowedError), unchanged(app):
            reverse_redemption(sam, user, done.redemption_id, cause="mistake", now=datetime.now(UTC))
        back = reverse_redemption(adam, user, done.redemption_id, cause="mistake", now=datetime.now(UTC))
        with pytest.raises(RuleBrokenError, match="taken back already"), unchanged(app):
            reverse_redemption(adam, user, done.redemption_id, cause="mistake", now=datetime.now(UTC))
    assert (back.credits, back.credits_lost) == (Decimal(5), Decimal(15))
    assert one(app, BALANCE, user=user) == 0
    again = redeem(app, sam, user, "BACK20")
    assert again.number == 2
    worth = "select total_discount_applied_usd from coupon_usage_limit join coupon on coupon.id = coupon_id where code = 'BACK20'"
    assert one(app, worth) == Decimal("0.035")


def test_a_percentage_and_an_amount_come_off_the_next_invoice_and_what_waits_goes_back(
    app: Flask, sam: Actor, adam: Actor
) -> None:
    coupon(app, "QUARTER", coupon_type="percentage", discount_type="percentage", discount_value=Decimal(25))
    coupon(app, "TEN", discount_type="fixed_amount", discount_value=Decimal(25))
    user, free = customer(app, "cleo", "pro"), customer(app, "carl")
    quarter, ten = redeem(app, sam, user, "QUARTER"), redeem(app, sam, user, "TEN")
    assert (quarter.original_usd, quarter.discount_usd) == (Decimal(19), Decimal("4.75"))
    # At most the price.
    assert ten.discount_usd == 19
    with app.app_context():
        with db.transaction() as session:
            assert account_credit_of(session, user) == Decimal("23.75")
        back = reverse_redemption(adam, user, quarter.redemption_id, cause="refund", now=datetime.now(UTC))
        assert (back.discount_usd, back.discount_lost_usd) == (Decimal("4.75"), Decimal(0))
        with db.transaction() as session:
            assert account_credit_of(session, user) == 19
    assert refused(app, sam, free, "QUARTER") == "MIN_PURCHASE_NOT_MET"


def test_a_discount_on_a_purchase_is_said_and_the_line_is_left_to_the_invoice(app: Flask, sam: Actor) -> None:
    coupon(app, "HALF", coupon_type="percentage", discount_type="percentage", discount_value=Decimal(50))
    user = customer(app, "dora")
    done = redeem(app, sam, user, "HALF", purchase=BUY_PRO)
    assert done.discount_usd == Decimal("9.50")
    with app.app_context(), db.transaction() as session:
        assert account_credit_of(session, user) == 0


def test_the_twelve_checks_are_shown_before_and_nothing_is_written(app: Flask) -> None:
    coupon(app, "LOOK")
    user = customer(app, "eve")
    with app.app_context(), unchanged(app), db.snapshot() as connection:
        judged = judge_coupon(connection, RedemptionWanted(user, "look"), datetime.now(UTC))
    assert [check.code for check in judged.checks] == list(CHECKS)
    assert judged.refusal is None
    assert judged.worth_usd == Decimal("0.02")


def test_every_refusal_keeps_the_attempt_and_the_fourth_within_an_hour_is_too_many(app: Flask, sam: Actor) -> None:
    coupon(app, "PROONLY", tier_eligibility=["pro"], coupon_type="tier_specific")
    coupon(app, "FINE")
    user = customer(app, "finn")
    assert refused(app, sam, user, "NOSUCH") == "COUPON_NOT_FOUND"
    assert refused(app, sam, user, "PROONLY") == "TIER_NOT_ELIGIBLE"
    assert refused(app, sam, user, "PROONLY") == "TIER_NOT_ELIGIBLE"
    assert refused(app, sam, user, "FINE") == "VELOCITY_LIMIT_EXCEEDED"
    kept = "select string_agg(outcome, ' ' order by attempted_at) from coupon_attempt where user_id = :user"
    assert one(app, kept, user=user) == "COUPON_NOT_FOUND TIER_NOT_ELIGIBLE TIER_NOT_ELIGIBLE VELOCITY_LIMIT_EXCEEDED"
    flags = "select string_agg(detection_type, ' ') from coupon_fraud_detection where user_id = :user"
    assert one(app, flags, user=user) == "velocity_abuse"
    with app.app_context():
        done = redeem_coupon(sam, RedemptionWanted(user, "FINE"), now=datetime.now(UTC) + timedelta(hours=2))
    assert done.number == 1


def test_rules_are_kept_on_the_way_in_and_a_shared_device_only_flags(app: Flask, sam: Actor) -> None:
    coupon(app, "RULED", rules={"specific_email_domain": ["example.org"]})
    coupon(app, "RICH", rules={"minimum_credit_balance": "20"})
    coupon(app, "NEW", rules={"first_time_user_only": True})
    coupon(app, "PHONE", max_uses_per_user=9)
    user = customer(app, "gail")
    assert refused(app, sam, user, "RULED") == "CUSTOM_RULE_FAILED"
    assert refused(app, sam, user, "RICH") == "CUSTOM_RULE_FAILED"
    assert redeem(app, sam, user, "NEW").number == 1
    phone, bot = Device(b"p" * 32), Device(b"b" * 32, "python-requests/2")
    for name in ("h1", "h2", "h3", "h4", "h5"):
        redeem(app, sam, customer(app, name), "PHONE", device=phone)
    last = redeem(app, sam, customer(app, "h6"), "PHONE", device=phone)
    assert [check.code for check in last.checks if not check.passed] == ["DEVICE_FINGERPRINT_MISMATCH"]
    robot = customer(app, "robot")
    assert refused(app, sam, robot, "PHONE", device=bot) == "FRAUD_DETECTED"
    assert refused(app, sam, robot, "PHONE") == "FRAUD_DETECTED"


def test_a_campaign_gives_no_more_than_its_budget(app: Flask, sam: Actor, adam: Actor) -> None:
    spring = campaign(app, budget_limit_usd=Decimal("0.05"))
    coupon(app, "SPRING", campaign_id=spring)
    first, second, third = (customer(app, name) for name in ("ina", "jon", "kim"))
    done = redeem(app, sam, first, "SPRING")
    redeem(app, sam, second, "SPRING")
    assert refused(app, sam, third, "SPRING") == "CAMPAIGN_BUDGET_EXCEEDED"
    with app.app_context():
        reverse_redemption(adam, first, done.redemption_id, cause="abuse", now=datetime.now(UTC))
        assert redeem(app, sam, third, "SPRING").number == 3
        stop_coupon(adam, campaign_id=spring, why="Enough", now=datetime.now(UTC))
    assert refused(app, sam, first, "SPRING") == "COUPON_INACTIVE"


def test_terms_take_a_second_person_and_what_was_changed_meanwhile_is_asked_anew(app: Flask, adam: Actor) -> None:
    order = CouponOrder(TWENTY, ["TWOEYES"], "For a test")
    with app.app_context():
        for person in (SAM, FIONA):
            with pytest.raises(NotAllowedError), unchanged(app):
                propose_coupon_terms(hire(app, person), order, now=NOW)
        filed = propose_coupon_terms(adam, order, now=datetime.now(UTC))
        sha = seen(filed.request_id)
        with pytest.raises(NotAllowedError), unchanged(app):
            approve(adam, filed.request_id, seen_sha256=sha, now=datetime.now(UTC))
        approve(hire(app, OLGA), filed.request_id, seen_sha256=sha, now=datetime.now(UTC))
        with pytest.raises(InvalidInputError, match="TWOEYES is taken"), unchanged(app):
            propose_coupon_terms(adam, order, now=NOW)
        coupon_id = one(app, "select id from coupon where code = 'TWOEYES'")
        edit = CouponOrder(replace(TWENTY, max_uses=5), [], "Fewer", coupon_id=coupon_id, based_on=1)
        made(app, edit)
        with pytest.raises(RuleBrokenError, match="other terms meanwhile"), unchanged(app):
            propose_coupon_terms(adam, edit, now=NOW)
    assert one(app, "select count(*) from coupon_version where coupon_id = :id", id=coupon_id) == 2


def test_stopping_is_at_once_starting_takes_two_and_a_deleted_code_stays_taken(
    app: Flask, sam: Actor, adam: Actor
) -> None:
    coupon_id = coupon(app, "STOPPED")
    user = customer(app, "lou")
    done = redeem(app, sam, customer(app, "lea"), "STOPPED")
    with app.app_context():
        with pytest.raises(NotAllowedError), unchanged(app):
            stop_coupon(sam, coupon_id=coupon_id, why="No", now=NOW)
        stop_coupon(adam, coupon_id=coupon_id, why="Leaked", now=datetime.now(UTC))
        assert refused(app, sam, user, "STOPPED") == "COUPON_INACTIVE"
        made(app, CouponOrder(TWENTY, [], "Again", coupon_id=coupon_id, based_on=1))
        assert redeem(app, sam, user, "STOPPED").number == 2
        stop_coupon(adam, coupon_id=coupon_id, deletes=True, why="Done with", now=datetime.now(UTC))
        assert refused(app, sam, user, "STOPPED") == "COUPON_NOT_FOUND"
        with pytest.raises(InvalidInputError, match="taken"):
            propose_coupon_terms(adam, CouponOrder(TWENTY, ["STOPPED"], "Again"), now=NOW)
    kept = "select redemption_status from coupon_redemption where id = :id"
    assert one(app, kept, id=done.redemption_id) == "success"


def test_many_codes_are_made_at_once_from_one_approval(app: Flask) -> None:
    made(app, CouponOrder(TWENTY, [f"BULK-{number:04}" for number in range(500)], "A mailing"))
    assert one(app, "select count(*) from coupon where code like 'BULK-%'") == 500
    assert (
        one(
            app,
            "select count(distinct approval_id) from coupon_version join coupon on id = coupon_id where code like 'BULK-%'",
        )
        == 1
    )


@pytest.mark.parametrize(
    "sql",
    [
        "update coupon_usage_limit set max_uses = 1000000",
        "update coupon set discount_value = 1000000",
        "insert into coupon select * from coupon",
        "delete from coupon_redemption",
        "update coupon_redemption set credits = 1",
        "delete from coupon_attempt",
        "update coupon_campaign set total_spent_usd = 0",
        "select apply_coupon_terms(gen_random_uuid())",
        "insert into coupon_version select * from coupon_version",
    ],
)
def test_the_application_cannot_get_round_it_by_sql(app: Flask, sql: str) -> None:
    with app.app_context(), db.transaction() as session, pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text(sql))


def test_of_fifty_people_and_three_uses_three_redeem_and_forty_seven_are_told(app: Flask) -> None:
    coupon_id = coupon(app, "CONTEST", max_uses=3)
    uses = "select total_uses from coupon_usage_limit where coupon_id = :id"
    assert winners(app, [customer(app, f"c{number}") for number in range(50)]) == 3
    assert one(app, uses, id=coupon_id) == 3
    made(app, CouponOrder(replace(TWENTY, max_uses=6), [], "More", coupon_id=coupon_id, based_on=1))
    assert winners(app, [customer(app, f"d{number}") for number in range(50)]) == 3
    assert one(app, uses, id=coupon_id) == 6


def winners(app: Flask, people: list[UUID]) -> int:
    """Let all of them redeem CONTEST at the same moment; return how many did."""

    def redeems(number: int) -> object:
        return redeem_coupon(SHELL, RedemptionWanted(people[number], "CONTEST"), now=datetime.now(UTC))

    outcomes = at_once(app, len(people), redeems)
    assert {type(outcome) for outcome in outcomes} == {Redeemed, str}
    return sum(isinstance(outcome, Redeemed) for outcome in outcomes)
