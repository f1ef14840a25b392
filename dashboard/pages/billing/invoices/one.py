"""One invoice: its lines, what was paid, what went back, and what is done with it."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from uuid import UUID

from flask import Blueprint, Response, abort, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.pay_invoice import pay_invoice
from dashboard.actions.refund_payment import refund_payment
from dashboard.actions.void_invoice import void_invoice
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.invoices import LINE_KINDS, PAYABLE, REASONS, refundable_usd
from dashboard.engine.refunds import CAUSES
from dashboard.reports.billing.invoices import refund_effect, whole_invoice
from dashboard.store.payments import bought_grants
from dashboard.ui.format import credits as written
from dashboard.ui.format import usd
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("invoice", __name__, url_prefix="/billing/invoices/<uuid:customer_id>/<uuid:invoice_id>")

FIELDS = ("reference", "amount", "cause", "note")
MORE_CAUSES = {"dispute": "Taken back by the bank", "at_stripe": "Given back at Stripe"}


@bp.get("")
@requires(Permission.BILLING_READ)
def show(customer_id: UUID, invoice_id: UUID) -> Response:
    """Show an invoice; printed, it is the invoice alone."""
    return _shown(customer_id, invoice_id)


@bp.post("/payments")
@requires(Permission.BILLING_CHANGE)
def pay(customer_id: UUID, invoice_id: UUID) -> Response:
    """Record that it was paid outside."""
    form = request.form

    def act() -> str:
        paid = pay_invoice(
            current_actor(),
            customer_id,
            invoice_id,
            reference=form.get("reference", "").strip(),
            amount_usd=_amount(form.get("due", "")),
            now=now(),
        )
        granted = f" {written(paid.credits, unit=True)} were granted." if paid.credits else ""
        return f"{usd(paid.applied_usd)} recorded as paid.{granted}"

    return _done(customer_id, invoice_id, act)


@bp.post("/void")
@requires(Permission.BILLING_CHANGE)
def void(customer_id: UUID, invoice_id: UUID) -> Response:
    """Void it: nobody will pay it."""

    def act() -> str:
        void_invoice(current_actor(), customer_id, invoice_id, now=now())
        return "Void. What it had taken from the account credit is back there."

    return _done(customer_id, invoice_id, act)


@bp.post("/refunds")
@requires(Permission.REFUNDS_CHANGE)
def refund(customer_id: UUID, invoice_id: UUID) -> Response:
    """Ask a second person to agree that money goes back."""
    form = request.form
    try:
        waiting = refund_payment(
            current_actor(),
            customer_id,
            invoice_id,
            amount_usd=_amount(form.get("amount", "")),
            cause=form.get("cause", ""),
            note=form.get("note", "").strip() or None,
            now=now(),
        )
    except InvalidInputError as error:
        return _shown(customer_id, invoice_id, errors=dict(error.errors), status=422)
    except RuleBrokenError as error:
        return _shown(customer_id, invoice_id, problem=str(error), status=409)
    flash("Asked: nothing moves until somebody else of finance or an owner agrees.", "good")
    return redirect_to(url_for("approvals.show", request_id=waiting.request_id))


def _done(customer_id: UUID, invoice_id: UUID, act: Callable[[], str]) -> Response:
    """Do it and show the invoice; or show what stood in the way."""
    try:
        said = act()
    except InvalidInputError as error:
        return _shown(customer_id, invoice_id, errors=dict(error.errors), status=422)
    except RuleBrokenError as error:
        return _shown(customer_id, invoice_id, problem=str(error), status=409)
    flash(said, "good")
    return redirect_to(url_for("invoice.show", customer_id=customer_id, invoice_id=invoice_id))


def _shown(
    customer_id: UUID,
    invoice_id: UUID,
    *,
    errors: dict[str, str] | None = None,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    at = now()
    with snapshot() as connection:
        whole = whole_invoice(connection, customer_id, invoice_id, at) or abort(404)
        grants = bought_grants.all(connection, user_id=customer_id, invoice_id=invoice_id)
    left = refundable_usd(whole.row.paid_usd, whole.row.refunded_usd)
    fields = {"reference"} if whole.row.status in PAYABLE else {"amount", "cause", "note"} if left else set()
    # What no field of the page can say, the page says itself.
    unseen = " ".join(said for name, said in (errors or {}).items() if name not in fields)
    problem = problem or (f"{unseen} Nothing was changed." if unseen else None)
    response = render(
        "billing/invoices/show.html",
        (),
        whole=whole,
        row=whole.row,
        left=left,
        left_text=f"{left:.2f}",
        effect=refund_effect(whole, grants, left) if left else None,
        is_payable=whole.row.status in PAYABLE,
        is_waiting=any(one.state == "waiting" for one in whole.refunds),
        by_stripe=any(one.method == "stripe" and one.applied_usd for one in whole.payments),
        reasons=REASONS,
        kinds=LINE_KINDS,
        causes=CAUSES,
        all_causes={**CAUSES, **MORE_CAUSES},
        errors=errors or {},
        problem=problem,
        typed={**dict.fromkeys(FIELDS, ""), **request.form.to_dict()},
        now=at,
    )
    response.status_code = status
    return response


def _amount(text: str) -> Decimal:
    """Read dollars and cents; what is no amount is refused where amounts are judged."""
    try:
        return Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        raise InvalidInputError({"amount": "Give an amount above zero, in dollars and cents."}) from None
