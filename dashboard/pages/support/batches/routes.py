"""Support → Reversals → Incident batches: preview, order, watch, steer, and take away what came of it."""

from uuid import UUID

from flask import Blueprint, Response, abort, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.open_incident_batch import BatchWanted, open_incident_batch
from dashboard.actions.steer_incident_batch import Act, steer_incident_batch
from dashboard.db import snapshot
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.fields import as_uuid
from dashboard.engine.incidents import IncidentFilter, NoSuchBatchError, code_of
from dashboard.engine.reversals import REASONS
from dashboard.pages.support.batches.asked import asked_of
from dashboard.pages.support.batches.files import COLUMNS, letter, rows_of
from dashboard.pages.support.batches.showing import Ordering, record_of, shown_batch, shown_new
from dashboard.reports.support.incidents import batch_items
from dashboard.ui.exports import exported
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("batches", __name__, url_prefix="/support/reversals/batches")

FORBIDDEN, UNPROCESSABLE, CONFLICT = 403, 422, 409
DONE = {
    "pause": "The batch is paused; what was given back stays given back.",
    "resume": "The batch goes on.",
    "cancel": "The rest of the batch is cancelled; what was given back stays given back.",
    "retry": "What failed is tried again.",
}


@bp.get("/new")
@requires(Permission.ACCOUNTS_READ)
def new() -> Response:
    """Choose the deductions, and see what giving them back would do."""
    with snapshot() as connection:
        return shown_new(connection, asked_of(connection, request.args), Ordering())


@bp.post("")
@requires(Permission.CREDITS_CHANGE)
def create() -> Response:
    """Order the batch exactly as its preview was shown, or say why not."""
    form = request.form
    ordering = Ordering(
        form.get("reason", ""),
        form.get("note", "").strip(),
        form.get("confirmation", "").strip(),
        form.get("tells") == "yes",
    )
    with snapshot() as connection:
        asked = asked_of(connection, form)
        if asked.wanted is None:
            return shown_new(connection, asked, ordering, UNPROCESSABLE)
    try:
        opened = open_incident_batch(current_actor(), _wanted(asked.wanted, ordering), now=now())
    except RuleBrokenError as error:
        is_input = isinstance(error, InvalidInputError)
        refused = Ordering(
            ordering.reason,
            ordering.note,
            ordering.confirmation,
            ordering.tells,
            errors=error.errors if isinstance(error, InvalidInputError) else {},
            refusal=None if is_input else str(error),
        )
        status = FORBIDDEN if isinstance(error, NotAllowedError) else UNPROCESSABLE if is_input else CONFLICT
        with snapshot() as connection:
            return shown_new(connection, asked, refused, status)
    if opened.replayed:
        flash(f"{code_of(opened.number)} was ordered by this form already; it is ordered once.", "info")
    elif opened.awaits is not None:
        flash(f"{code_of(opened.number)} waits for a second person. Nothing is given back before.", "info")
    else:
        flash(f"{code_of(opened.number)} is ordered and begins now.", "good")
    return redirect_to(url_for("batches.show", batch_id=opened.batch_id))


@bp.get("/<uuid:batch_id>")
@requires(Permission.ACCOUNTS_READ)
def show(batch_id: UUID) -> Response:
    """Show a batch as it stands."""
    return shown_batch(batch_id)


@bp.post("/<uuid:batch_id>/pause")
@requires(Permission.CREDITS_CHANGE)
def pause(batch_id: UUID) -> Response:
    """Stop after the piece of work under way, until somebody lets it go on."""
    return _steered(batch_id, "pause")


@bp.post("/<uuid:batch_id>/resumption")
@requires(Permission.CREDITS_CHANGE)
def resume(batch_id: UUID) -> Response:
    """Let a paused batch go on."""
    return _steered(batch_id, "resume")


@bp.post("/<uuid:batch_id>/cancellation")
@requires(Permission.CREDITS_CHANGE)
def cancel(batch_id: UUID) -> Response:
    """Leave the rest as it is."""
    return _steered(batch_id, "cancel")


@bp.post("/<uuid:batch_id>/retry")
@requires(Permission.CREDITS_CHANGE)
def retry(batch_id: UUID) -> Response:
    """Try again what failed."""
    return _steered(batch_id, "retry")


@bp.get("/<uuid:batch_id>/deductions/<any(csv, xlsx):file_type>")
@requires(Permission.ACCOUNTS_READ)
def export(batch_id: UUID, file_type: str) -> Response:
    """Send every deduction of a batch with what came of it."""
    with snapshot() as connection:
        record = record_of(connection, batch_id)
        items = batch_items.all(connection, batch_id=batch_id, **_everything())
    total = ("Total", "", "", "", "", None, sum(one.credits_taken for one in items), None, record.credits)
    name = f"incident-batch-{record.code.lower()}"
    return exported(name, "csv" if file_type == "csv" else "xlsx", COLUMNS, rows_of(items), (*total, "", "", "", None))


@bp.get("/<uuid:batch_id>/customers/<uuid:customer_id>")
@requires(Permission.ACCOUNTS_READ)
def receipt(batch_id: UUID, customer_id: UUID) -> Response:
    """Show what one customer got back, and the words to send them."""
    with snapshot() as connection:
        record = record_of(connection, batch_id)
        given = {**_everything(), "customer_id": customer_id}
        items = batch_items.all(connection, batch_id=batch_id, **given) or abort(404)
    return render(
        "support/batches/receipt.html",
        None,
        batch=record,
        items=items,
        customer=items[0].customer,
        customer_id=customer_id,
        words=letter(record, items, REASONS[record.cause], now()),
        now=now(),
    )


def _steered(batch_id: UUID, act: Act) -> Response:
    try:
        steer_incident_batch(current_actor(), batch_id, act, now=now())
    except NoSuchBatchError:
        abort(404)
    except RuleBrokenError as error:
        return shown_batch(batch_id, str(error), FORBIDDEN if isinstance(error, NotAllowedError) else CONFLICT)
    flash(DONE[act], "good")
    return redirect_to(url_for("batches.show", batch_id=batch_id))


def _wanted(filtered: IncidentFilter, ordering: Ordering) -> BatchWanted:
    seen = request.form.get("seen", "")
    return BatchWanted(
        filter=filtered,
        cause=ordering.reason,
        seen_sha256=seen if len(seen) == 64 and set(seen) <= set("0123456789abcdef") else "",  # noqa: PLR2004 - SHA-256 in hex
        confirmation=ordering.confirmation,
        note=ordering.note or None,
        tells_customers=ordering.tells,
        form_id=as_uuid(request.form.get("form_id", "")),
    )


def _everything() -> dict[str, object]:
    return {"states": None, "customer_id": None, "after_customer": None, "after_seq": None, "most": None}
