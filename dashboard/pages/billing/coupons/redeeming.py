"""Redeeming a coupon for a customer, with the twelve checks shown; and taking a redemption back."""

from collections.abc import Callable
from uuid import UUID, uuid4

from flask import Blueprint, Response, abort, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.judging_coupons import Judged, RedemptionWanted, judge_coupon
from dashboard.actions.redeem_coupon import redeem_coupon
from dashboard.actions.reverse_redemption import reverse_redemption
from dashboard.db import snapshot
from dashboard.engine.coupon_checks import CouponRefusedError
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.fields import as_uuid
from dashboard.pages.billing.coupons.words import gives, words
from dashboard.reports.billing.coupons import redemptions
from dashboard.reports.support.entries import receipt_customer
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("redemptions", __name__, url_prefix="/billing/coupons/redemptions")

LONGEST_CODE = 50


@bp.get("/<uuid:customer_id>/new")
@requires(Permission.BILLING_CHANGE)
def new(customer_id: UUID) -> Response:
    """Type a code and see the twelve checks for this customer; nothing is written."""
    return _page(customer_id, request.args.get("code", ""))


@bp.post("/<uuid:customer_id>")
@requires(Permission.BILLING_CHANGE)
def create(customer_id: UUID) -> Response:
    """Redeem it; a refused attempt is kept and counts."""
    code = request.form.get("code", "")
    wanted = RedemptionWanted(customer_id, code[:LONGEST_CODE], redemption_id=as_uuid(request.form.get("form_id", "")))
    try:
        done = redeem_coupon(current_actor(), wanted, now=now())
    except CouponRefusedError as error:
        return _page(customer_id, code, f"{error} ({error.code}) The attempt is kept.", 409)
    except RuleBrokenError as error:
        return _page(customer_id, code, str(error), 409)
    flash("This form had redeemed it already." if done.replayed else f"{done.code} is redeemed.", "good")
    return redirect_to(url_for("redemptions.show", customer_id=customer_id, redemption_id=done.redemption_id))


@bp.get("/<uuid:customer_id>/<uuid:redemption_id>")
@requires(Permission.BILLING_READ)
def show(customer_id: UUID, redemption_id: UUID) -> Response:
    """Show one redemption, what it gave, and what taking it back would do."""
    return _one(customer_id, redemption_id)


@bp.post("/<uuid:customer_id>/<uuid:redemption_id>/reversal")
@requires(Permission.COUPONS_CHANGE)
def reverse(customer_id: UUID, redemption_id: UUID) -> Response:
    """Take it back: its use is free again, and what is left of what it gave goes."""
    cause = request.form.get("cause", "")
    try:
        reverse_redemption(current_actor(), customer_id, redemption_id, cause=cause, now=now())
    except RuleBrokenError as error:
        return _one(customer_id, redemption_id, str(error))
    flash("Taken back. Its use is free again.", "good")
    return redirect_to(url_for("redemptions.show", customer_id=customer_id, redemption_id=redemption_id))


def _page(customer_id: UUID, code: str, problem: str | None = None, status: int = 200) -> Response:
    at = now()
    with snapshot() as connection:
        customer = (receipt_customer.all(connection, customer_id=customer_id, now=at) or abort(404))[0]
        judged = _judged(code, lambda wanted: judge_coupon(connection, wanted, at), customer_id)
        taken = redemptions(connection, user_id=customer_id, most=20)
    response = render(
        "billing/redemptions/new.html",
        "billing/redemptions/_checks.html",
        customer=customer,
        code=code,
        judged=judged,
        promise=_promise(judged),
        taken=taken,
        form_id=uuid4(),
        problem=problem,
        now=at,
        **words(),
    )
    response.status_code = status
    return response


def _judged(code: str, judge: Callable[[RedemptionWanted], Judged], customer_id: UUID) -> Judged | None:
    typed = code.strip()
    return judge(RedemptionWanted(customer_id, typed[:LONGEST_CODE])) if typed and typed.isprintable() else None


def _promise(judged: Judged | None) -> str | None:
    if judged is None or judged.terms is None:
        return None
    return gives(judged.terms.discount_type, judged.terms.discount_value)


def _one(customer_id: UUID, redemption_id: UUID, problem: str | None = None) -> Response:
    at = now()
    with snapshot() as connection:
        found = redemptions(connection, user_id=customer_id)
        customer = (receipt_customer.all(connection, customer_id=customer_id, now=at) or abort(404))[0]
    row = next((one for one in found if one.id == redemption_id and one.reverses_id is None), None) or abort(404)
    response = render(
        "billing/redemptions/show.html",
        row=row,
        reversal=next((one for one in found if one.reverses_id == redemption_id), None),
        customer=customer,
        problem=problem,
        now=at,
        **words(),
    )
    response.status_code = 409 if problem else 200
    return response
