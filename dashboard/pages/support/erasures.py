"""Erasing a person: what goes and what stays is seen, the address is typed, a second person agrees."""

from uuid import UUID

from flask import Blueprint, Response, abort, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.erase_customer import ERASED, erase_customer
from dashboard.db import snapshot
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.erasing import CAUSES, ErasureOrder
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.reports.support.erasure import preview_of
from dashboard.ui.htmx import redirect_to, refusal, render

bp = Blueprint("erasures", __name__, url_prefix="/support/accounts/<uuid:customer_id>/erasure")


@bp.get("")
@requires(Permission.ERASURES_CHANGE)
def new(customer_id: UUID) -> Response:
    """Show what would go and what would stay."""
    return _form(customer_id)


@bp.post("")
@requires(Permission.ERASURES_CHANGE)
def create(customer_id: UUID) -> Response:
    """Ask a second person to agree that this person is erased."""
    order = ErasureOrder(customer_id, request.form.get("cause", ""))
    try:
        asked = erase_customer(current_actor(), order, confirmation=request.form.get("confirmation", ""), now=now())
    except InvalidInputError as error:
        return _form(customer_id, cause=order.cause, errors=dict(error.errors), status=422)
    except RuleBrokenError as error:
        return _form(customer_id, problem=str(error), status=403 if isinstance(error, NotAllowedError) else 409)
    flash("Asked: another person must agree before anything goes. Nothing was erased yet.", "info")
    return redirect_to(url_for("approvals.show", request_id=asked.request_id))


def _form(
    customer_id: UUID,
    *,
    cause: str = "",
    errors: dict[str, str] | None = None,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    with snapshot() as connection:
        preview = preview_of(connection, customer_id) or abort(404)
    if preview.status == "deleted":
        return refusal(409, ERASED)
    response = render(
        "support/erasure/new.html",
        (),
        preview=preview,
        causes=list(CAUSES.items()),
        cause=cause,
        errors=errors or {},
        problem=problem,
        now=now(),
    )
    response.status_code = status
    return response
