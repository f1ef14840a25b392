"""What granting and taking have in common: what was seen, what was refused, whom it waits for."""

from uuid import UUID

from flask import Response, current_app, flash, url_for

from dashboard.access import may_open
from dashboard.actions.request_approval import AwaitsApproval
from dashboard.engine.errors import RuleBrokenError
from dashboard.pages.support.hand.form import Typed
from dashboard.pages.support.receipts.panel import number
from dashboard.ui.htmx import redirect_to


def seen_is(typed: Typed) -> bool:
    """Whether the consequences of exactly this amount were on the page."""
    return typed.amount is not None and number(typed.seen) == typed.amount


def refused(error: RuleBrokenError) -> str:
    """What stood in the way; it always ends by saying that nothing was changed."""
    said = str(error)
    return said if "Nothing was changed" in said else f"{said} Nothing was changed."


def asked(request: AwaitsApproval, customer_id: UUID) -> Response:
    """Say that a second person was asked, and lead to the request."""
    flash(f"A second person was asked, because {request.why}. No credits have moved.", "info")
    known = "approvals.show" in current_app.view_functions and may_open("approvals.show")
    if known:
        return redirect_to(url_for("approvals.show", request_id=request.request_id))
    return redirect_to(url_for("accounts.show", customer_id=customer_id))
