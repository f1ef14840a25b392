"""Credits by hand: who may give how much alone, and when a second person must agree."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select, text

from dashboard import db
from dashboard.actions.approve import approve
from dashboard.actions.deduct_by_hand import deduct_by_hand
from dashboard.actions.grant_credits import Granted, grant_credits
from dashboard.actions.reject import reject
from dashboard.actions.request_approval import AwaitsApproval
from dashboard.actions.reverse_entry import ReversalWanted, Reversed, reverse_entry
from dashboard.actions.withdraw import withdraw
from dashboard.engine.actors import SHELL, Actor
from dashboard.engine.by_hand import DeductionOrder, GrantOrder, KeyLimitError, NotAllowedError
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.store.approvals import ApprovalRequest
from dashboard.store.by_hand import key_spent_today
from tests.books import ADA, Story, day
from tests.cast import ADAM, ANNA, AUD, FIONA, OLGA, SAM, Person, hire, key
from tests.importers.files import numbers

NOW = day(2)
SAMS_OTHER_ACCOUNT = Person("Samuel", "admin")


@pytest.fixture
def story(fresh_app: Flask) -> Story:
    return Story(fresh_app).play("""
        day 0: grant A 900000 for $900 paid
        day 1: use 60000
        day 1: use 30000
    """)


def gives(story: Story, actor: Actor, amount: int | str, **more: object) -> Granted | AwaitsApproval:
    order = GrantOrder(ADA.user_id, uuid4(), Decimal(amount), "goodwill", **more)  # type: ignore[arg-type]  # facts of one test
    with story.app.app_context():
        return grant_credits(actor, order, now=NOW, posted_at=NOW)


def reverses(story: Story, actor: Actor, seq: int, amount: int | None = None) -> Reversed | AwaitsApproval:
    wanted = ReversalWanted(ADA.user_id, "goodwill", seq=seq, credits=None if amount is None else Decimal(amount))
    with story.app.app_context():
        return reverse_entry(actor, wanted, now=NOW, posted_at=NOW)


def seen(story: Story, request_id: UUID) -> str:
    """What the page that asks for a decision shows of the payload."""
    with story.app.app_context(), db.transaction() as session:
        found = session.scalars(select(ApprovalRequest).where(ApprovalRequest.id == request_id)).one()
        return found.payload_sha256.hex()


def approves(story: Story, actor: Actor, waiting: object, later: timedelta = timedelta(hours=1)) -> object:
    assert isinstance(waiting, AwaitsApproval)
    sha256 = seen(story, waiting.request_id)
    with story.app.app_context():
        return approve(actor, waiting.request_id, seen_sha256=sha256, now=NOW + later, posted_at=NOW + later)


def last_entry(story: Story) -> str:
    return story.ledger().splitlines()[-1].partition(":")[0]


def test_support_gives_within_the_limit_alone_and_above_it_waits_for_a_second_person(story: Story) -> None:
    sam, anna = hire(story.app, SAM), hire(story.app, ANNA)
    assert isinstance(gives(story, sam, 20_000), Granted)
    waiting = reverses(story, sam, 2)
    assert isinstance(waiting, AwaitsApproval)
    assert "60,000 credits are above the limit of 50,000" in waiting.why
    assert last_entry(story) == "4 admin_grant 20000 → 830000"
    approves(story, anna, waiting)
    assert last_entry(story) == "5 reversal 60000 → 890000"
    assert story.laws() == {}


def test_splitting_does_not_get_round_the_limit_neither_by_kind_nor_by_a_second_account(story: Story) -> None:
    sam = hire(story.app, SAM)
    samuel = hire(story.app, SAMS_OTHER_ACCOUNT)
    numbers_of_one_person(story, sam, samuel)
    assert isinstance(gives(story, sam, 25_000), Granted)
    assert isinstance(reverses(story, sam, 2, 25_000), Reversed)
    assert isinstance(gives(story, sam, "0.000001"), AwaitsApproval)
    assert isinstance(reverses(story, sam, 3, 1), AwaitsApproval)
    as_admin = Actor(samuel.name, "admin", samuel.operator_id, sam.person_id)
    assert isinstance(gives(story, as_admin, 450_000), Granted)
    assert isinstance(gives(story, as_admin, 1), AwaitsApproval)
    assert story.laws() == {}


def numbers_of_one_person(story: Story, one: Actor, other: Actor) -> None:
    """Let two accounts be of one human."""
    with story.app.app_context(), db.owner_connection() as owner:
        same = text("update operator set person_id = :person where id = :account")
        owner.execute(same, {"person": one.person_id, "account": other.operator_id})


def test_the_limit_counts_24_hours_back_and_not_what_a_second_person_approved(story: Story) -> None:
    sam, anna = hire(story.app, SAM), hire(story.app, ANNA)
    approves(story, anna, reverses(story, sam, 2), timedelta(0))
    assert isinstance(gives(story, sam, 50_000), Granted)
    assert isinstance(gives(story, sam, 1), AwaitsApproval)
    order = GrantOrder(ADA.user_id, uuid4(), Decimal(50_000), "goodwill")
    tomorrow = NOW + timedelta(hours=24)
    with story.app.app_context():
        assert isinstance(grant_credits(sam, order, now=tomorrow, posted_at=tomorrow), Granted)


def test_only_support_admin_and_the_shell_ask(story: Story) -> None:
    for person in (FIONA, OLGA, AUD):
        with pytest.raises(NotAllowedError, match="may not move credits"):
            gives(story, hire(story.app, person), 1)
    assert isinstance(gives(story, SHELL, 500_000), Granted)
    assert isinstance(gives(story, SHELL, 1), AwaitsApproval)


def test_a_request_is_approved_by_another_person_an_admin_or_an_owner_only(story: Story) -> None:
    adam = hire(story.app, ADAM)
    waiting = gives(story, adam, 500_001)
    before = story.ledger()
    with pytest.raises(NotAllowedError, match="another person"):
        approves(story, adam, waiting)
    for person in (SAM, FIONA, AUD):
        with pytest.raises(NotAllowedError, match="Only an admin or an owner"):
            approves(story, hire(story.app, person), waiting)
    with pytest.raises(NotAllowedError, match="Only an admin or an owner"):
        approves(story, SHELL, waiting)
    same_human = Actor("Adam at home", "owner", hire(story.app, OLGA).operator_id, adam.person_id)
    with pytest.raises(NotAllowedError, match="another person"):
        approves(story, same_human, waiting)
    assert story.ledger() == before
    approves(story, hire(story.app, OLGA), waiting)
    assert last_entry(story) == "4 admin_grant 500001 → 1310001"
    assert story.laws() == {}


def test_a_request_expires_after_24_hours(story: Story) -> None:
    waiting = gives(story, hire(story.app, ADAM), 500_001)
    olga = hire(story.app, OLGA)
    with pytest.raises(RuleBrokenError, match="expired at 2026-09-04 12:00 UTC"):
        approves(story, olga, waiting, timedelta(hours=24))
    assert approves(story, olga, waiting, timedelta(hours=24) - timedelta(microseconds=1))


def test_what_was_rejected_is_not_done_later_and_needs_a_reason(story: Story) -> None:
    waiting = gives(story, hire(story.app, ADAM), 500_001)
    assert isinstance(waiting, AwaitsApproval)
    olga, sha256 = hire(story.app, OLGA), seen(story, waiting.request_id)
    with story.app.app_context():
        with pytest.raises(InvalidInputError, match="Say why"):
            reject(olga, waiting.request_id, seen_sha256=sha256, reason=" ", now=NOW)
        reject(olga, waiting.request_id, seen_sha256=sha256, reason="Too much", now=NOW)
    with pytest.raises(RuleBrokenError, match="was rejected already"):
        approves(story, olga, waiting)


def test_only_whoever_asked_withdraws_and_then_nobody_approves(story: Story) -> None:
    adam, olga = hire(story.app, ADAM), hire(story.app, OLGA)
    waiting = gives(story, adam, 500_001)
    assert isinstance(waiting, AwaitsApproval)
    with story.app.app_context():
        with pytest.raises(NotAllowedError, match="Only whoever asked"):
            withdraw(olga, waiting.request_id, now=NOW)
        withdraw(adam, waiting.request_id, now=NOW)
    with pytest.raises(RuleBrokenError, match="was withdrawn already"):
        approves(story, olga, waiting)


def test_an_approval_is_of_what_was_seen(story: Story) -> None:
    waiting, other = (gives(story, hire(story.app, ADAM), amount) for amount in (500_001, 500_002))
    assert isinstance(waiting, AwaitsApproval)
    assert isinstance(other, AwaitsApproval)
    shown = seen(story, other.request_id)
    olga = hire(story.app, OLGA)
    with story.app.app_context(), pytest.raises(RuleBrokenError, match="not what you were shown"):
        approve(olga, waiting.request_id, seen_sha256=shown, now=NOW)


def test_a_request_that_can_no_longer_be_carried_out_stays_pending_and_changes_nothing(story: Story) -> None:
    sam, adam, olga = (hire(story.app, person) for person in (SAM, ADAM, OLGA))
    waiting = reverses(story, sam, 2)
    reverses(story, adam, 2, 1)
    before = story.ledger()
    with pytest.raises(RuleBrokenError, match="since you looked"):
        approves(story, olga, waiting)
    assert story.ledger() == before
    assert numbers(story.app, "select state from approval_request") == [("pending",)]
    assert story.laws() == {}


def test_every_deduction_by_hand_waits_for_a_second_person(story: Story) -> None:
    adam, anna = hire(story.app, ADAM), hire(story.app, ANNA)
    with story.app.app_context():
        order = DeductionOrder(ADA.user_id, Decimal("0.5"), "mistake")
        waiting = deduct_by_hand(adam, order, note="Granted to the wrong account", now=NOW)
        all_and_more = deduct_by_hand(adam, DeductionOrder(ADA.user_id, Decimal(810_000), "mistake"), now=NOW)
    assert last_entry(story) == "3 usage -30000 → 810000"
    approves(story, anna, waiting)
    assert story.ledger().splitlines()[-1] == "4 correction -0.5 → 809999.5: A -0.5 ($0.0005)"
    with pytest.raises(RuleBrokenError, match=r"can spend 809,999.5 credits, so 810,000 cannot"):
        approves(story, anna, all_and_more)
    assert isinstance(reverses(story, adam, 4), Reversed)
    assert story.laws() == {}
    kept = "select count(*) from personal_note where kind = 'credits_by_hand' and body like 'Granted to%'"
    assert numbers(story.app, kept) == [(1,)]
    assert numbers(story.app, "select count(*) from approval_request where payload::text like '%wrong account%'") == [
        (0,)
    ]


def test_a_grant_sent_twice_counts_once_and_with_other_terms_is_refused(story: Story) -> None:
    adam = hire(story.app, ADAM)
    order = GrantOrder(ADA.user_id, uuid4(), Decimal(10), "contract", source="purchase", paid_usd=Decimal("0.0095"))
    with story.app.app_context():
        first = grant_credits(adam, order, now=NOW, posted_at=NOW)
        again = grant_credits(adam, order, now=NOW, posted_at=NOW)
        assert isinstance(first, Granted)
        assert isinstance(again, Granted)
        assert (first.seq, first.replayed, again.seq, again.replayed) == (4, False, 4, True)
        other = GrantOrder(ADA.user_id, order.grant_id, Decimal(11), "contract", source="purchase")
        with pytest.raises(RuleBrokenError, match="other terms"):
            grant_credits(adam, other, now=NOW)
    assert numbers(
        story.app, "select category, priority, paid_usd from user_credit_source where source = 'purchase'"
    ) == [("paid", 30, Decimal("0.0095"))]


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity", "1e12", "0.0000001"])
def test_an_amount_that_is_none_is_refused(story: Story, amount: str) -> None:
    adam, before = hire(story.app, ADAM), story.ledger()
    wanted = ReversalWanted(ADA.user_id, "goodwill", seq=2, credits=Decimal(amount))
    with pytest.raises(InvalidInputError, match="above zero"):
        gives(story, adam, amount)
    with story.app.app_context(), pytest.raises(InvalidInputError, match="above zero"):
        reverse_entry(adam, wanted, now=NOW)
    assert story.ledger() == before


def test_a_reason_is_one_of_the_list_and_another_one_needs_a_note(story: Story) -> None:
    adam = hire(story.app, ADAM)
    for reason, refusal in (("whim", "Choose one of"), ("other", "Say in a note")):
        wanted = ReversalWanted(ADA.user_id, reason, seq=2)
        with story.app.app_context(), pytest.raises(InvalidInputError, match=refusal):
            reverse_entry(adam, wanted, now=NOW)


def test_a_key_has_limits_of_its_own_per_call_and_per_day_and_nobody_approves_beyond_them(story: Story) -> None:
    _, key_id = key(story.app, "credits:write")
    program = Actor("a program", "api_key", api_key_id=key_id)
    with pytest.raises(KeyLimitError, match="one call"):
        gives(story, program, 50_001)
    for _ in range(9):
        gives(story, program, 50_000)
    reverses(story, program, 2, 49_999)
    with story.app.app_context(), db.transaction() as session:
        assert key_spent_today(session, key_id, NOW) == 499_999
    with pytest.raises(KeyLimitError, match="one day"):
        reverses(story, program, 3, 2)
    assert isinstance(reverses(story, program, 3, 1), Reversed)
    with story.app.app_context(), pytest.raises(NotAllowedError, match="are charges"):
        deduct_by_hand(program, DeductionOrder(ADA.user_id, Decimal(1), "mistake"), now=NOW)
    assert story.laws() == {}


def test_each_act_is_one_line_of_the_audit_log_without_personal_data(story: Story) -> None:
    sam, anna = hire(story.app, SAM), hire(story.app, ANNA)
    gives(story, sam, 5)
    approves(story, anna, reverses(story, sam, 2))
    sql = "select actor_name, verb, object_kind from audit_log where actor_role in ('support', 'admin') order by id"
    assert numbers(story.app, sql) == [
        ("Sam", "grant_credits", "credit_entry"),
        ("Sam", "request_approval", "approval_request"),
        ("Anna", "approve", "approval_request"),
    ]
    found = numbers(story.app, f"select count(*) from audit_log where audit_log::text like '%{ADA.email}%'")
    assert found == [(0,)]
