"""Support → Approvals: what waits for a second person, and what became of it."""

from collections.abc import Callable
from contextlib import ExitStack
from uuid import UUID

from flask import Blueprint, Response, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.approve import approve as approve_request
from dashboard.actions.reject import reject as reject_request
from dashboard.actions.withdraw import withdraw as withdraw_request
from dashboard.db import snapshot
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.pages.support.approvals.choices import left_of
from dashboard.pages.support.approvals.listing import COLUMNS, cells, cursor_of, page_of, question_of, tabs
from dashboard.pages.support.approvals.showing import Notice, href_of, shown
from dashboard.pages.support.approvals.waiting import waiting
from dashboard.reports.support.approvals import approval_people, counts_for, every_approval
from dashboard.ui.exports import exported
from dashboard.ui.htmx import redirect_to, render, wants_region
from dashboard.ui.links import url_with
from dashboard.ui.navigation import count_at

PATH = "/support/approvals"
bp = Blueprint("approvals", __name__, url_prefix=PATH)
bp.record_once(lambda state: count_at(state.app, PATH, waiting))

FORBIDDEN, UNPROCESSABLE = 403, 422


@bp.get("")
@requires(Permission.APPROVALS_READ)
def index() -> Response:
    """List what waits for this person, for anybody, what they asked for and what was decided, a page at a time."""
    actor, at = current_actor(), now()
    with snapshot() as connection:
        people = approval_people.all(connection)
        question = question_of(people, actor)
        counts = counts_for(connection, actor, at)
        page = page_of(connection, actor, question, at)
    return render(
        "support/approvals/index.html",
        "support/approvals/_list.html",
        question=question,
        tabs=tabs(counts, question, actor),
        rows=page.rows,
        askers=[(person.person_id, person.name) for person in people],
        before=url_with(cursor=cursor_of("before", page.rows[0])) if page.has_before and page.rows else None,
        after=url_with(cursor=cursor_of("after", page.rows[-1])) if page.has_after else None,
        href_of=href_of,
        left=lambda row: left_of(row.decide_by, at),
        now=at,
    )


@bp.get("/export/<any(csv, xlsx):file_type>")
@requires(Permission.APPROVALS_READ)
def export(file_type: str) -> Response:
    """Send every request the filters leave, in the order of the screen."""
    actor, at = current_actor(), now()
    with ExitStack() as guard:
        connection = guard.enter_context(snapshot())
        question = question_of(approval_people.all(connection), actor)
        rows = cells(every_approval(connection, actor, question.asked, at))
        response = exported(f"approvals-{at:%Y-%m-%d}", "csv" if file_type == "csv" else "xlsx", COLUMNS, rows)
        response.call_on_close(guard.pop_all().close)
        return response


@bp.get("/<uuid:request_id>")
@requires(Permission.APPROVALS_READ)
def show(request_id: UUID) -> Response:
    """Show one request: what exactly, who asked, what it does, who decides."""
    return shown(request_id)


@bp.post("/<uuid:request_id>/approval")
@requires(Permission.APPROVALS_DECIDE)
def approve(request_id: UUID) -> Response:
    """Approve exactly what the page showed; it is carried out at once."""
    seen, reason = request.form.get("seen", ""), request.form.get("reason", "").strip()
    return _done(
        request_id,
        "Not approved.",
        lambda: approve_request(current_actor(), request_id, seen_sha256=seen, reason=reason or None, now=now()),
        ("Approved.", "It is carried out."),
    )


@bp.post("/<uuid:request_id>/rejection")
@requires(Permission.APPROVALS_DECIDE)
def reject(request_id: UUID) -> Response:
    """Reject it, with a reason for who asked; nothing of it is done."""
    seen, reason = request.form.get("seen", ""), request.form.get("reason", "")
    return _done(
        request_id,
        "Not rejected.",
        lambda: reject_request(current_actor(), request_id, seen_sha256=seen, reason=reason, now=now()),
        ("Rejected.", "Whoever asked reads your reason here; nothing of it is done."),
        typed=reason,
    )


@bp.post("/<uuid:request_id>/withdrawal")
@requires(Permission.BILLING_CHANGE)
def withdraw(request_id: UUID) -> Response:
    """Take back what one asked for oneself."""
    return _done(
        request_id,
        "Not withdrawn.",
        lambda: withdraw_request(current_actor(), request_id, now=now()),
        ("Withdrawn.", "It stays on record; nothing of it is done."),
    )


def _done(
    request_id: UUID, refused: str, act: Callable[[], object], done: tuple[str, str], typed: str = ""
) -> Response:
    """Do it and show what it became; refused, show it as it is, with the reason and what was typed."""
    try:
        act()
    except RuleBrokenError as error:
        is_of_field = isinstance(error, InvalidInputError)
        status = FORBIDDEN if isinstance(error, NotAllowedError) else UNPROCESSABLE
        return shown(request_id, Notice("bad", refused, _sentence(error), typed, is_of_field), status)
    if wants_region():
        return shown(request_id, Notice("good", *done))
    flash(" ".join(done), "good")
    return redirect_to(url_for("approvals.show", request_id=request_id))


def _sentence(error: RuleBrokenError) -> str:
    """What stood in the way; it always ends by saying that nothing was changed."""
    said = " ".join(error.errors.values()) if isinstance(error, InvalidInputError) else str(error)
    return said if "Nothing was changed" in said else f"{said} Nothing was changed."
