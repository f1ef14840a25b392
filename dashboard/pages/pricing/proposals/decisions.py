"""What is done with a proposal: submitted, approved, rejected, withdrawn, rolled back, commented on."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, Response, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.approve_price import approve_price
from dashboard.actions.comment_on_price import comment_on_price
from dashboard.actions.reject_price import reject_price
from dashboard.actions.roll_back_price import roll_back_price
from dashboard.actions.submit_price import submit_price
from dashboard.actions.withdraw_price import withdraw_price
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.pages.pricing.proposals.showing import Notice, shown
from dashboard.ui.htmx import redirect_to, wants_region

bp = Blueprint("proposal_decisions", __name__, url_prefix="/pricing/proposals/<uuid:config_id>")

FORBIDDEN, UNPROCESSABLE = 403, 422


@bp.post("/submission")
@requires(Permission.PRICING_CHANGE)
def submit(config_id: UUID) -> Response:
    """Ask the others to decide; from now on it is not changed any more."""
    return _done(
        config_id,
        "submission",
        "Not submitted.",
        lambda: submit_price(current_actor(), config_id, now()),
        ("Submitted.", "The others can decide it now, and it is not changed any more."),
    )


@bp.post("/approval")
@requires(Permission.PRICING_APPROVE)
def approve(config_id: UUID) -> Response:
    """Approve exactly what the page showed."""
    seen = request.form.get("seen", "")
    return _done(
        config_id,
        "approval",
        "Not approved.",
        lambda: approve_price(current_actor(), config_id, seen, now()),
        ("Approved.", "It holds from its start on; nothing before that changes."),
    )


@bp.post("/rejection")
@requires(Permission.PRICING_APPROVE)
def reject(config_id: UUID) -> Response:
    """Turn it down, with a reason for its author."""
    reason = request.form.get("reason", "")
    return _done(
        config_id,
        "rejection",
        "Not rejected.",
        lambda: reject_price(current_actor(), config_id, reason, now()),
        ("Rejected.", "The author reads your reason here. Prices stay as they are."),
        typed=reason,
    )


@bp.post("/withdrawal")
@requires(Permission.PRICING_CHANGE)
def withdraw(config_id: UUID) -> Response:
    """Take it back; what it was to follow goes on."""
    reason = request.form.get("reason", "")
    return _done(
        config_id,
        "withdrawal",
        "Not withdrawn.",
        lambda: withdraw_price(current_actor(), config_id, reason, now()),
        ("Withdrawn.", "It remains on record, and prices stay as they are."),
        typed=reason,
    )


@bp.post("/comments")
@requires(Permission.PRICING_CHANGE)
def comment(config_id: UUID) -> Response:
    """Say something about it."""
    words = request.form.get("words", "")
    return _done(
        config_id,
        "comments",
        "Not said.",
        lambda: comment_on_price(current_actor(), config_id, words, now()),
        ("Said.", "Everybody who reads this proposal sees it."),
        typed=words,
    )


@bp.post("/rollback")
@requires(Permission.PRICING_CHANGE)
def roll_back(config_id: UUID) -> Response:
    """Draft the multiplier that held before; it is decided like any other."""
    try:
        draft_id, is_new = roll_back_price(current_actor(), config_id, now())
    except RuleBrokenError as error:
        return shown(config_id, Notice("bad", "Not rolled back.", _sentence(error)), _status(error))
    if is_new:
        flash("A draft with the multiplier before is kept. Nobody is asked before you submit it.", "good")
    else:
        flash("Going back is proposed already: this is it. Nothing was changed.", "info")
    return redirect_to(url_for("proposals.show", config_id=draft_id))


def _done(
    config_id: UUID, form: str, refused: str, act: Callable[[], object], done: tuple[str, str], typed: str = ""
) -> Response:
    """Do it and show what it became; refused, show it as it is, with the reason and what was typed."""
    try:
        act()
    except RuleBrokenError as error:
        return shown(
            config_id,
            Notice("bad", refused, _sentence(error), form, typed, isinstance(error, InvalidInputError)),
            _status(error),
        )
    if wants_region():
        return shown(config_id, Notice("good", *done))
    flash(" ".join(done), "good")
    return redirect_to(url_for("proposals.show", config_id=config_id))


def _status(error: RuleBrokenError) -> int:
    return FORBIDDEN if isinstance(error, NotAllowedError) else UNPROCESSABLE


def _sentence(error: RuleBrokenError) -> str:
    """What stood in the way; it always ends by saying that nothing was changed."""
    said = " ".join(error.errors.values()) if isinstance(error, InvalidInputError) else str(error)
    return said if "Nothing was changed" in said else f"{said} Nothing was changed."
