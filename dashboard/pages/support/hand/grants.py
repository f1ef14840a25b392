"""Support → Grants: what was granted and taken by hand, and granting more."""

from uuid import UUID, uuid4

from flask import Blueprint, Response, abort, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.grant_credits import grant_credits
from dashboard.actions.request_approval import AwaitsApproval
from dashboard.db import snapshot
from dashboard.engine.by_hand import GRANT_REASONS, WINDOW, NotAllowedError
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.pages.support.hand import effects
from dashboard.pages.support.hand.form import KINDS, Typed, by_field, faults_of_grant, grant_order, typed_of
from dashboard.pages.support.hand.shared import asked, refused, seen_is
from dashboard.pages.support.receipts.listing import ROWS, newest, page_of, read_place
from dashboard.pages.support.receipts.wording import CAUSES, ENTRY_TITLES
from dashboard.reports.support.by_hand import purse_of
from dashboard.reports.support.receipt_lists import moved_by_hand
from dashboard.store.by_hand import given_by_hand
from dashboard.ui.format import credits as written
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("grants", __name__, url_prefix="/support")

TABS = (("all", "All"), ("grants", "Granted"), ("deductions", "Taken"))
LISTED = {"all": "by_hand", "grants": "grants", "deductions": "taken"}


@bp.get("/grants")
@requires(Permission.ACCOUNTS_READ)
def index() -> Response:
    """List what was granted and taken by hand, newest first."""
    at = now()
    kind = request.args.get("kind", "all")
    kind = kind if kind in LISTED else "all"
    place = read_place(request.args.get("cursor", "")) or newest(at)
    with snapshot() as connection:
        listed = page_of(moved_by_hand(connection, LISTED[kind], place, ROWS + 1))
    return render(
        "support/grants/index.html",
        "support/grants/_list.html",
        listed=listed,
        is_first="cursor" not in request.args,
        kind=kind,
        tabs=TABS,
        entry_titles=ENTRY_TITLES,
        causes=CAUSES,
        now=at,
    )


@bp.get("/accounts/<uuid:customer_id>/grants/new")
@requires(Permission.CREDITS_CHANGE)
def new(customer_id: UUID) -> Response:
    """Show the form; it names the grant it will make, so that it makes it once."""
    return _form(customer_id, Typed(uuid4()))


@bp.post("/accounts/<uuid:customer_id>/grants/preview")
@requires(Permission.CREDITS_CHANGE)
def preview(customer_id: UUID) -> Response:
    """Say what the form as typed would do; nothing is kept."""
    return _form(customer_id, typed_of(request.form))


@bp.post("/accounts/<uuid:customer_id>/grants")
@requires(Permission.CREDITS_CHANGE)
def create(customer_id: UUID) -> Response:
    """Grant, within the limits; above them ask a second person."""
    typed = typed_of(request.form)
    faults = faults_of_grant(typed)
    if faults:
        return _form(customer_id, typed.with_errors(faults), status=422)
    if not seen_is(typed):
        return _form(customer_id, typed, unseen=True, status=422)
    order = grant_order(typed, customer_id)
    try:
        done = grant_credits(current_actor(), order, note=typed.note.strip() or None, now=now())
    except InvalidInputError as error:
        return _form(customer_id, typed.with_errors(by_field(error.errors)), status=422)
    except RuleBrokenError as error:
        return _form(
            customer_id, typed, problem=refused(error), status=403 if isinstance(error, NotAllowedError) else 409
        )
    if isinstance(done, AwaitsApproval):
        return asked(done, customer_id)
    again = "This form had granted them already: " if done.replayed else ""
    flash(
        f"{again}{written(done.credits, unit=True)} granted. The balance is {written(done.balance, unit=True)}.", "good"
    )
    return redirect_to(url_for("receipts.entry", customer_id=customer_id, seq=done.seq))


def _form(
    customer_id: UUID, typed: Typed, *, problem: str | None = None, unseen: bool = False, status: int = 200
) -> Response:
    actor, at = current_actor(), now()
    with snapshot() as connection:
        purse = purse_of(connection, customer_id, at) or abort(404)
        given = given_by_hand.one(connection, person_id=actor.person_id, since=at - WINDOW).credits
    response = render(
        "support/grants/new.html",
        "support/grants/_effect.html",
        customer=purse.customer,
        typed=typed,
        effect=effects.of_grant(purse, typed, actor, given, at),
        looks=url_for("grants.preview", customer_id=customer_id),
        problem=problem,
        unseen=unseen,
        kinds=list(KINDS.items()),
        reasons=list(GRANT_REASONS.items()),
        now=at,
    )
    response.status_code = status
    return response
