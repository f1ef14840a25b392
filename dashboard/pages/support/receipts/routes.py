"""Support → Receipts: one request or one entry, and giving its credits back."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Blueprint, Response, abort, flash, request, url_for
from sqlalchemy import Connection

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.request_approval import AwaitsApproval
from dashboard.actions.reverse_entry import ReversalWanted, Reversed, reverse_entry
from dashboard.db import snapshot
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.lookups import read_lookup
from dashboard.pages.support.receipts.listing import LATELY_DAYS, ROWS, TABS, newest, page_of, read_place
from dashboard.pages.support.receipts.panel import ABOVE_ZERO, Typed, number, typed_of
from dashboard.pages.support.receipts.showing import (
    Notice,
    shown_entry,
    shown_usage,
    words_of_entry,
    words_of_usage,
)
from dashboard.pages.support.receipts.wording import CAUSES, ENTRY_TITLES
from dashboard.reports.costs import Dearest, cost_dearest_requests
from dashboard.reports.support.entries import entry_of
from dashboard.reports.support.receipt_lists import Candidate, candidates, moved_by_hand
from dashboard.reports.support.reversal_preview import preview_reversal
from dashboard.ui.format import credits as written
from dashboard.ui.htmx import redirect_to, render, wants_region

bp = Blueprint("receipts", __name__, url_prefix="/support/receipts")

FORBIDDEN, UNPROCESSABLE, CONFLICT = 403, 422, 409
LARGEST_SEQ = 2**63 - 1
NOTHING = "Nothing was changed."


@bp.get("")
@requires(Permission.ACCOUNTS_READ)
def index() -> Response:
    """Find a receipt by an id; else list what was moved by hand, newest first."""
    typed, at = request.args.get("q", ""), now()
    kind = request.args.get("kind", "all")
    kind = kind if kind in dict(TABS) else "all"
    lookup = read_lookup(typed)
    place = read_place(request.args.get("cursor", "")) or newest(at)
    with snapshot() as connection:
        found = candidates(connection, lookup) if not lookup.is_empty else []
        dearest = _dearest(connection, at) if kind == "large" else []
        listed = page_of(
            [] if dearest else moved_by_hand(connection, "all" if kind == "large" else kind, place, ROWS + 1)
        )
    if len(found) == 1:
        return redirect_to(_address(found[0]))
    return render(
        "support/receipts/index.html",
        "support/receipts/_list.html",
        typed=typed,
        found=[(one, _address(one)) for one in found],
        listed=listed,
        is_first="cursor" not in request.args,
        dearest=dearest,
        kind=kind,
        tabs=TABS,
        entry_titles=ENTRY_TITLES,
        causes=CAUSES,
        now=at,
    )


@bp.get("/<uuid:customer_id>/<uuid:request_id>")
@requires(Permission.ACCOUNTS_READ)
def show(customer_id: UUID, request_id: UUID) -> Response:
    """Show the receipt of one request, charged or not."""
    return shown_usage(customer_id, request_id)


@bp.get("/<uuid:customer_id>/<uuid:request_id>/words")
@requires(Permission.ACCOUNTS_READ)
def words(customer_id: UUID, request_id: UUID) -> Response:
    """Show the receipt in words for the customer, on a sheet to print."""
    with snapshot() as connection:
        found = words_of_usage(connection, customer_id, request_id)
    back = url_for("receipts.show", customer_id=customer_id, request_id=request_id)
    return render("support/receipts/words.html", words=found, back=back)


@bp.get("/<uuid:customer_id>/entries/<int:seq>")
@requires(Permission.ACCOUNTS_READ)
def entry(customer_id: UUID, seq: int) -> Response:
    """Show the receipt of one entry; of a charged request that is the request's."""
    _refuse_large(seq)
    if not wants_region():
        with snapshot() as connection:
            found = entry_of(connection, customer_id, seq) or abort(404)
        if found.reason == "usage" and found.request_id is not None:
            return _to(url_for("receipts.show", customer_id=customer_id, request_id=found.request_id))
    return shown_entry(customer_id, seq)


@bp.get("/<uuid:customer_id>/entries/<int:seq>/words")
@requires(Permission.ACCOUNTS_READ)
def entry_words(customer_id: UUID, seq: int) -> Response:
    """Show the receipt of an entry in words for the customer, on a sheet to print."""
    _refuse_large(seq)
    with snapshot() as connection:
        found = words_of_entry(connection, customer_id, seq)
    return render(
        "support/receipts/words.html", words=found, back=url_for("receipts.entry", customer_id=customer_id, seq=seq)
    )


@bp.post("/<uuid:customer_id>/entries/<int:seq>/reversals/preview")
@requires(Permission.CREDITS_CHANGE)
def preview(customer_id: UUID, seq: int) -> Response:
    """Say what the form as typed would do; nothing is kept."""
    _refuse_large(seq)
    return shown_entry(customer_id, seq, typed_of(request.form))


@bp.post("/<uuid:customer_id>/entries/<int:seq>/reversals")
@requires(Permission.CREDITS_CHANGE)
def reverse(customer_id: UUID, seq: int) -> Response:
    """Give credits of an entry back, exactly as its consequences were shown."""
    _refuse_large(seq)
    typed = typed_of(request.form)
    seen = number(typed.seen)
    if seen is None or number(typed.reversed_before) is None:
        sentence = (
            f"The form does not say what was shown to you. {NOTHING} Look at the consequences below, then press again."
        )
        return shown_entry(customer_id, seq, typed, Notice("bad", "Not reversed.", sentence), UNPROCESSABLE)
    if not typed.is_sound or (typed.part == "part" and typed.amount != seen):
        return _not_seen_yet(customer_id, seq, typed)
    try:
        done = reverse_entry(current_actor(), _wanted(customer_id, seq, typed), now=now())
    except InvalidInputError as error:
        notice = Notice("bad", "Not reversed.", f"Mend what is marked below. {NOTHING}")
        return shown_entry(customer_id, seq, _with_errors(typed, error), notice, UNPROCESSABLE)
    except RuleBrokenError as error:
        status = FORBIDDEN if isinstance(error, NotAllowedError) else CONFLICT
        return shown_entry(customer_id, seq, notice=Notice("bad", "Not reversed.", str(error)), status=status)
    return _asked(customer_id, seq, done) if isinstance(done, AwaitsApproval) else _done(customer_id, seq, done)


def _wanted(customer_id: UUID, seq: int, typed: Typed) -> ReversalWanted:
    return ReversalWanted(
        customer_id,
        typed.reason,
        seq=seq,
        credits=number(typed.seen),
        note=typed.note.strip() or None,
        reversed_before=number(typed.reversed_before),
    )


def _not_seen_yet(customer_id: UUID, seq: int, typed: Typed) -> Response:
    """Another amount than the one whose consequences were shown: show them first."""
    errors = {} if typed.is_sound else {"credits": ABOVE_ZERO}
    with snapshot() as connection:
        found = preview_reversal(connection, customer_id, seq, None, now()) or abort(404)
    if typed.is_sound and typed.amount is not None and typed.amount > found.left:
        errors = {"credits": f"At most {written(found.left)} are left to give back."}
    sentence = (
        f"This amount cannot be given back. {NOTHING}"
        if errors
        else f"This is what {written(typed.amount, unit=True)} would do. {NOTHING} Press the button to do it."
    )
    again = Typed(typed.part, typed.credits, typed.reason, typed.note, errors=errors)
    return shown_entry(customer_id, seq, again, Notice("warn", "Not reversed yet.", sentence), UNPROCESSABLE)


def _with_errors(typed: Typed, error: InvalidInputError) -> Typed:
    return Typed(typed.part, typed.credits, typed.reason, typed.note, errors=error.errors)


def _done(customer_id: UUID, seq: int, done: Reversed) -> Response:
    amount = written(done.credits, unit=True)
    sentence = f"The balance is {written(done.balance, unit=True)} now. A reversal cannot be reversed."
    if wants_region():
        response = shown_entry(customer_id, seq, notice=Notice("good", f"{amount} given back.", sentence))
        response.headers["HX-Trigger"] = "credits-changed"
        return response
    flash(f"{amount} given back. {sentence}", "good")
    return _to(url_for("receipts.entry", customer_id=customer_id, seq=seq))


def _asked(customer_id: UUID, seq: int, asked: AwaitsApproval) -> Response:
    sentence = f"A second person was asked, because {asked.why}. No credits have moved."
    if wants_region():
        return shown_entry(customer_id, seq, notice=Notice("info", "Asked.", sentence))
    flash(f"Asked. {sentence}", "info")
    return redirect_to(url_for("receipts.entry", customer_id=customer_id, seq=seq))


def _refuse_large(seq: int) -> None:
    """No ledger is as long; the database could not even read the number."""
    if seq > LARGEST_SEQ:
        abort(404)


def _to(address: str) -> Response:
    return Response(status=303, headers={"Location": address})


def _dearest(connection: Connection, at: datetime) -> list[Dearest]:
    today = at.astimezone(UTC).date()
    days = {"start": today - timedelta(days=LATELY_DAYS), "end": today + timedelta(days=1)}
    return cost_dearest_requests.all(connection, **days, providers=None, models=None, most=ROWS)


def _address(found: Candidate) -> str:
    if found.request_id is not None:
        return url_for("receipts.show", customer_id=found.customer_id, request_id=found.request_id)
    return url_for("receipts.entry", customer_id=found.customer_id, seq=found.seq)
