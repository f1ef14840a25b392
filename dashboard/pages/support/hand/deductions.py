"""Taking credits by hand: asked for here, and done when a second person agrees."""

from uuid import UUID, uuid4

from flask import Blueprint, Response, abort, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.deduct_by_hand import deduct_by_hand
from dashboard.db import snapshot
from dashboard.engine.by_hand import DEDUCTION_REASONS, NotAllowedError
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.pages.support.hand import effects
from dashboard.pages.support.hand.form import Typed, deduction_order, typed_of
from dashboard.pages.support.hand.shared import asked, refused, seen_is
from dashboard.pages.support.receipts.panel import ABOVE_ZERO
from dashboard.reports.support.by_hand import purse_of
from dashboard.ui.htmx import render

bp = Blueprint("deductions", __name__, url_prefix="/support/accounts/<uuid:customer_id>/deductions")


@bp.get("/new")
@requires(Permission.CREDITS_CHANGE)
def new(customer_id: UUID) -> Response:
    """Show the form."""
    return _form(customer_id, Typed(uuid4()))


@bp.post("/preview")
@requires(Permission.CREDITS_CHANGE)
def preview(customer_id: UUID) -> Response:
    """Say what the form as typed would do; nothing is kept."""
    return _form(customer_id, typed_of(request.form))


@bp.post("")
@requires(Permission.CREDITS_CHANGE)
def create(customer_id: UUID) -> Response:
    """Ask a second person to agree that credits are taken."""
    typed = typed_of(request.form)
    if typed.amount is None:
        return _form(customer_id, typed.with_errors({"credits": ABOVE_ZERO}), status=422)
    if not seen_is(typed):
        return _form(customer_id, typed, unseen=True, status=422)
    at = now()
    with snapshot() as connection:
        purse = purse_of(connection, customer_id, at) or abort(404)
    effect = effects.of_deduction(purse, typed, at)
    if effect is not None and effect.refusal:
        return _form(customer_id, typed, problem=f"{effect.refusal} Nothing was changed.", status=409)
    order = deduction_order(typed, customer_id)
    try:
        done = deduct_by_hand(current_actor(), order, note=typed.note.strip() or None, now=at)
    except InvalidInputError as error:
        return _form(customer_id, typed.with_errors(error.errors), status=422)
    except RuleBrokenError as error:
        status = 403 if isinstance(error, NotAllowedError) else 409
        return _form(customer_id, typed, problem=refused(error), status=status)
    return asked(done, customer_id)


def _form(
    customer_id: UUID, typed: Typed, *, problem: str | None = None, unseen: bool = False, status: int = 200
) -> Response:
    at = now()
    with snapshot() as connection:
        purse = purse_of(connection, customer_id, at) or abort(404)
    response = render(
        "support/grants/deduct.html",
        "support/grants/_effect.html",
        customer=purse.customer,
        typed=typed,
        effect=effects.of_deduction(purse, typed, at),
        looks=url_for("deductions.preview", customer_id=customer_id),
        problem=problem,
        unseen=unseen,
        reasons=list(DEDUCTION_REASONS.items()),
        now=at,
    )
    response.status_code = status
    return response
