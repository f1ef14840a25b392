"""Invoices, packs and refunds: what is paid, what is granted for it, and what goes back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select, text

from dashboard import db
from dashboard.actions.add_customers import add_customers
from dashboard.actions.approve import approve
from dashboard.actions.buy_pack import Bought, buy_pack
from dashboard.actions.giving_money_back import Refunded
from dashboard.actions.invoicing import account_credit_of, apply_account_credit, raise_invoice
from dashboard.actions.pay_invoice import pay_invoice
from dashboard.actions.refund_payment import refund_payment
from dashboard.actions.request_approval import AwaitsApproval
from dashboard.actions.void_invoice import void_invoice
from dashboard.engine.actors import SHELL, Actor
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.customers import NewCustomer
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.invoices import Invoice, Line
from dashboard.reports.billing.invoices import WholeInvoice, refund_effect, whole_invoice
from dashboard.reports.checks import broken
from dashboard.store.approvals import ApprovalRequest
from dashboard.store.payments import bought_grants
from tests.cast import ADAM, AUD, FIONA, OLGA, SAM, Person, hire
from tests.unchanged import unchanged

NOW = datetime.now(UTC) - timedelta(minutes=1)
LATER = NOW + timedelta(seconds=30)
FRED = Person("Fred", "finance")
PLAN = [Line("Pro, September", "subscription", Decimal(19))]


@pytest.fixture
def ada(app: Flask) -> Iterator[UUID]:
    """A customer of this test's own; whatever happened, the books hold."""
    customer = NewCustomer(f"{uuid4()}@example.com", "Ada", "free", "monthly", NOW, 1)
    with app.app_context():
        add_customers([customer], actor=SHELL, now=NOW)
        yield customer.user_id
        with db.snapshot() as connection:
            assert {law: found for law, found in broken(connection).items() if law != "audit_chain_unbroken"} == {}


def amounts(*values: int | str | Decimal) -> tuple[Decimal, ...]:
    return tuple(Decimal(value) for value in values)


def raised(ada: UUID, lines: list[Line] = PLAN, name: str = "one") -> Invoice:
    with db.transaction() as session:
        return raise_invoice(
            session,
            user_id=ada,
            reason="renewal",
            period_start=NOW,
            period_end=NOW,
            lines=lines,
            now=NOW,
            id=UUID(int=hash((ada, name)) & (1 << 127) - 1),
        )


def credit_of(ada: UUID) -> Decimal:
    with db.transaction() as session:
        return account_credit_of(session, ada)


def balance(ada: UUID) -> Decimal:
    with db.snapshot() as connection:
        held = connection.execute(text("select amount from user_credit_balance where user_id = :ada"), {"ada": ada})
        return Decimal(held.scalar_one())


def whole(ada: UUID, invoice_id: UUID) -> WholeInvoice:
    with db.snapshot() as connection:
        found = whole_invoice(connection, ada, invoice_id, NOW)
    assert found is not None
    return found


def bought(ada: UUID, pack: str = "starter") -> Bought:
    return buy_pack(SHELL, ada, pack, purchase_id=uuid4(), now=LATER)


def paid(ada: UUID, pack: str = "starter") -> Bought:
    found = bought(ada, pack)
    pay_invoice(SHELL, ada, found.invoice_id, reference=f"T-{found.invoice_id}", amount_usd=found.due_usd, now=NOW)
    return found


def approves(actor: Actor, waiting: AwaitsApproval) -> Refunded:
    with db.transaction() as session:
        request = session.scalars(select(ApprovalRequest).where(ApprovalRequest.id == waiting.request_id)).one()
        seen = request.payload_sha256.hex()
    done = approve(actor, waiting.request_id, seen_sha256=seen, now=NOW)
    assert isinstance(done, Refunded)
    return done


def test_an_invoice_is_raised_once_for_one_reason(ada: UUID) -> None:
    assert raised(ada) == raised(ada)
    assert raised(ada).status == "open"


def test_what_is_left_over_is_kept_and_pays_the_next_invoice(ada: UUID) -> None:
    raised(ada, [Line("Unused", "unused", Decimal("-9.50"))], "downgrade")
    assert credit_of(ada) == Decimal("9.50")
    following = raised(ada, PLAN, "next")
    assert (following.total_usd, credit_of(ada)) == amounts(Decimal("9.50"), 0)
    raised(ada, [Line("Unused", "unused", Decimal(-30))], "again")
    assert raised(ada, PLAN, "third").status == "paid"
    assert credit_of(ada) == 11


def test_account_credit_is_never_negative_not_even_by_the_database(app: Flask, ada: UUID) -> None:
    with db.transaction() as session:
        assert apply_account_credit(session, ada, Decimal(5), "trade_in", NOW) == 5
    with (
        unchanged(app),
        pytest.raises(RuleBrokenError, match=r"has \$5\.00 with us"),
        db.transaction() as session,
    ):
        apply_account_credit(session, ada, Decimal("-5.01"), "trade_in", NOW)
    with pytest.raises(Exception, match="account_credit_never_negative"), db.transaction() as session:
        session.execute(
            text("""
                insert into account_credit (user_id, seq, amount_usd, balance_before, balance_after, origin, created_at)
                values (:ada, 2, -6, 5, -1, 'x', now())
            """),
            {"ada": ada},
        )


def test_a_transfer_pays_an_open_invoice_once_and_in_full(app: Flask, ada: UUID) -> None:
    invoice = raised(ada)
    with unchanged(app):
        for reference, amount, said in (
            ("T 1", 19, "letters, digits"),
            ("", 19, "letters, digits"),
            ("T-1", 18, "paid in one sum"),
        ):
            with pytest.raises((InvalidInputError, RuleBrokenError), match=said):
                pay_invoice(SHELL, ada, invoice.id, reference=reference, amount_usd=Decimal(amount), now=NOW)
    done = pay_invoice(SHELL, ada, invoice.id, reference=f"T-{ada}", amount_usd=Decimal(19), now=NOW)
    assert (done.applied_usd, done.kept_usd) == amounts(19, 0)
    assert whole(ada, invoice.id).row.status == "paid"
    second = raised(ada, PLAN, "second")
    with unchanged(app):
        with pytest.raises(RuleBrokenError, match="is paid, so it cannot become paid"):
            pay_invoice(SHELL, ada, invoice.id, reference="T-2", amount_usd=Decimal(19), now=NOW)
        with pytest.raises(RuleBrokenError, match="was recorded already"):
            pay_invoice(SHELL, ada, second.id, reference=f"T-{ada}", amount_usd=Decimal(19), now=NOW)


def test_a_void_invoice_gives_account_credit_back_and_takes_no_payment(ada: UUID) -> None:
    raised(ada, [Line("Unused", "unused", Decimal(-4))], "before")
    invoice = raised(ada)
    assert credit_of(ada) == 0
    void_invoice(SHELL, ada, invoice.id, now=NOW)
    assert credit_of(ada) == 4
    with pytest.raises(RuleBrokenError, match="is void"):
        pay_invoice(SHELL, ada, invoice.id, reference="T-9", amount_usd=invoice.total_usd, now=NOW)
    with pytest.raises(RuleBrokenError, match="is void"):
        void_invoice(SHELL, ada, invoice.id, now=NOW)


def test_a_pack_is_granted_when_it_is_paid_at_the_price_of_the_server(app: Flask, ada: UUID) -> None:
    found = bought(ada)
    assert (found.due_usd, found.credits, balance(ada)) == amounts(Decimal(10), 10_000, 0)
    pay_invoice(SHELL, ada, found.invoice_id, reference=f"P-{ada}", amount_usd=Decimal(10), now=NOW)
    assert balance(ada) == 10_000
    with unchanged(app), pytest.raises(RuleBrokenError, match="no such pack"):
        bought(ada, "free_money")


def test_the_same_purchase_sent_twice_is_one_purchase(app: Flask, ada: UUID) -> None:
    purchase = uuid4()
    first = buy_pack(SHELL, ada, "starter", purchase_id=purchase, now=NOW)
    with unchanged(app):
        assert buy_pack(SHELL, ada, "starter", purchase_id=purchase, now=NOW) == first
        with pytest.raises(RuleBrokenError, match="of another pack"):
            buy_pack(SHELL, ada, "pro", purchase_id=purchase, now=NOW)


def test_a_pack_paid_whole_from_account_credit_is_granted_at_once(ada: UUID) -> None:
    with db.transaction() as session:
        apply_account_credit(session, ada, Decimal(12), "trade_in", NOW)
    assert bought(ada).due_usd == 0
    assert (balance(ada), credit_of(ada)) == amounts(10_000, 2)


def test_a_pack_below_what_its_credits_may_cost_is_flagged(ada: UUID) -> None:
    """A free customer's multiplier is 2, so a credit may cost $0.0005; every pack of the catalogue brings more."""
    first = buy_pack(SHELL, ada, "enterprise", purchase_id=uuid4(), now=NOW)
    assert not first.is_below_cost
    with db.transaction() as session:
        session.execute(
            text("""
                insert into subscription_tier_change (user_id, effective_at, tier, reason)
                values (:ada, :now, 'enterprise_max', 'upgrade')
            """),
            {"ada": ada, "now": LATER},
        )
    assert bought(ada, "enterprise").is_below_cost  # $0.0007 a credit, which may cost $0.001 ÷ 1.2
    assert not bought(ada, "standard").is_below_cost


def test_a_refund_takes_another_person_of_finance_or_an_owner(app: Flask, ada: UUID) -> None:
    found = paid(ada)
    sam, fiona, adam, olga = (hire(app, person) for person in (SAM, FIONA, ADAM, OLGA))
    for actor in (adam, olga, hire(app, AUD)):
        with unchanged(app), pytest.raises(NotAllowedError, match="may not ask for a refund"):
            refund_payment(actor, ada, found.invoice_id, amount_usd=Decimal(10), cause="mistake", now=NOW)
    waiting = refund_payment(fiona, ada, found.invoice_id, amount_usd=Decimal(10), cause="mistake", now=NOW)
    with unchanged(app):
        with pytest.raises(RuleBrokenError, match="waits for a second person"):
            refund_payment(sam, ada, found.invoice_id, amount_usd=Decimal(1), cause="mistake", now=NOW)
        for actor, said in ((fiona, "takes another person"), (adam, "finance or an owner"), (sam, "finance or an own")):
            with pytest.raises(NotAllowedError, match=said):
                approves(actor, waiting)
    assert balance(ada) == 10_000
    done = approves(hire(app, FRED), waiting)
    assert (done.credits_clawed_back, done.credits_lost, balance(ada)) == amounts(10_000, 0, 0)


def test_a_claw_back_takes_at_most_what_remains_and_the_rest_is_a_recorded_loss(app: Flask, ada: UUID) -> None:
    found = paid(ada)
    uses(ada, 7_500)
    sam, olga = hire(app, SAM), hire(app, OLGA)
    with db.snapshot() as connection:
        grants = bought_grants.all(connection, user_id=ada, invoice_id=found.invoice_id)
    foreseen = refund_effect(whole(ada, found.invoice_id), grants, Decimal(5))
    half = approves(olga, refund_payment(sam, ada, found.invoice_id, amount_usd=Decimal(5), cause="goodwill", now=NOW))
    assert (half.credits_clawed_back, half.credits_lost, half.loss_usd) == amounts(2_500, 2_500, Decimal("2.50"))
    assert (foreseen.credits, foreseen.credits_lost, foreseen.loss_usd) == amounts(2_500, 2_500, Decimal("2.50"))
    rest = approves(olga, refund_payment(sam, ada, found.invoice_id, amount_usd=Decimal(5), cause="goodwill", now=NOW))
    assert (rest.credits_clawed_back, rest.credits_lost, balance(ada)) == amounts(0, 5_000, 0)
    with unchanged(app), pytest.raises(RuleBrokenError, match=r"at most \$0\.00"):
        refund_payment(sam, ada, found.invoice_id, amount_usd=Decimal("0.01"), cause="goodwill", now=NOW)


def test_a_refund_with_a_bad_reason_or_note_is_refused(app: Flask, ada: UUID) -> None:
    found, sam = paid(ada), hire(app, SAM)
    with unchanged(app):
        for cause, note, said in (
            ("because", None, "Choose"),
            ("other", None, "what the reason"),
            ("mistake", " ", "1 to"),
        ):
            with pytest.raises(InvalidInputError, match=said):
                refund_payment(sam, ada, found.invoice_id, amount_usd=Decimal(1), cause=cause, note=note, now=NOW)
        with pytest.raises(RuleBrokenError, match="no such invoice"):
            refund_payment(sam, ada, uuid4(), amount_usd=Decimal(1), cause="mistake", now=NOW)


def test_not_even_raw_sql_refunds_more_than_was_paid_or_changes_a_line(app: Flask, ada: UUID) -> None:
    found = paid(ada)
    for statement in (
        "update billing_invoice set refunded_usd = paid_usd + 0.01 where id = :invoice",
        "update billing_invoice set paid_usd = 'NaN' where id = :invoice",
        "update billing_invoice set total_usd = 0 where id = :invoice",
        "update billing_invoice_line set amount_usd = 0 where invoice_id = :invoice",
        "delete from payment_transaction where invoice_id = :invoice",
        "update credit_pack set price_usd = 0.01",
        "update credit_purchase set credits = 1000000",
    ):
        with pytest.raises(Exception, match=r"permission denied|violates check"), db.transaction() as session:
            session.execute(text(statement), {"invoice": found.invoice_id} if ":invoice" in statement else {})


def uses(ada: UUID, credits: int) -> None:
    with db.transaction() as session:
        source = session.execute(
            text("select id from user_credit_source where user_id = :ada and remaining > 0"), {"ada": ada}
        ).scalar_one()
        session.execute(
            text("select take_from_grants(:ada, array[cast(:source as uuid)], :credits, 'proration', null)"),
            {"ada": ada, "source": source, "credits": credits},
        )
