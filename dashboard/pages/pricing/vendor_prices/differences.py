"""What sources say otherwise: the list, one difference with its effect, and the decision about it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from flask import Blueprint, Response, flash, request, url_for
from sqlalchemy import Connection

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.correct_usage import ALWAYS, FOR_EVER
from dashboard.actions.decide_price_line import NoSuchLineError, accept_price_line, refuse_price_line
from dashboard.actions.draft_answers import Answer, draft_answers
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.fields import FieldError, day_or_instant
from dashboard.engine.price_proposals import CLASSES
from dashboard.pages.pricing.vendor_prices.asked import SHOWN, Asked, asked, page_of
from dashboard.pages.pricing.vendor_prices.weighing import (
    COLUMNS,
    Difference,
    all_differences,
    belongs,
    effects_of,
    file_row,
    planned,
    plans_of,
    volumes_of,
)
from dashboard.reports.pricing.price_lines import (
    LineRow,
    agreeing,
    line,
    price_line_drafts,
    said_of,
    vendor_price_sources,
)
from dashboard.reports.pricing.vendor_prices import corrections_due, last_month, vendor_price_rules
from dashboard.ui.exports import exported
from dashboard.ui.format import instant, plural
from dashboard.ui.htmx import redirect_to, refusal, render

bp = Blueprint("price_differences", __name__, url_prefix="/pricing/vendor-prices/differences")

SORTS = ("model", "change", "effect", "seen", "source")
GONE = "There is no such difference. It may be of another database; nothing was changed."


@bp.get("")
@requires(Permission.PRICING_READ)
def index() -> Response:
    """List what sources say otherwise, to be decided or decided."""
    at = now()
    question = asked(SHOWN, "waiting", SORTS, "-effect")
    with snapshot() as connection:
        found = _found(connection, question, at)
        waiting = all_differences(connection, at)
        sources = vendor_price_sources.all(connection)
    return render(
        "pricing/vendor_prices/differences.html",
        "pricing/vendor_prices/_differences.html",
        asked=question,
        listed=page_of(found, question, "difference"),
        counts={key: sum(1 for one in waiting if belongs(key, one)) for key in SHOWN},
        shows=SHOWN,
        classes=CLASSES,
        providers=sorted({(one.row.provider, one.row.provider_name) for one in waiting}),
        sources=sources,
        now=at,
    )


@bp.get("/export/<any(csv, xlsx):file_type>")
@requires(Permission.PRICING_READ)
def export(file_type: str) -> Response:
    """The differences of the screen as a file, all pages of them."""
    at = now()
    question = asked(SHOWN, "waiting", SORTS, "-effect")
    with snapshot() as connection:
        found = _found(connection, question, at)
    name = f"vendor-price-differences-{question.show}-{at:%Y-%m-%d}"
    return exported(name, "csv" if file_type == "csv" else "xlsx", COLUMNS, map(file_row, found))


@bp.get("/<uuid:line_id>")
@requires(Permission.PRICING_READ)
def show(line_id: UUID) -> Response:
    """Show one difference: the sources side by side, what it does to the margin, and the rules that would answer it."""
    return _show(line_id, {})


@bp.post("/<uuid:line_id>/acceptance")
@requires(Permission.PRICING_CHANGE)
def accept(line_id: UUID) -> Response:
    """Make it the price."""
    at = now()
    with snapshot() as connection:
        before = line(connection, line_id)
    try:
        start = _start(request.form.get("effective_from", ""))
        accept_price_line(current_actor(), line_id, at, effective_from=start)
    except NoSuchLineError:
        return refusal(404, GONE)
    except InvalidInputError as error:
        return _show(line_id, error.errors, 422)
    except RuleBrokenError as error:
        flash(str(error), "bad")
        return redirect_to(url_for("price_differences.show", line_id=line_id))
    flash(_accepted(before, start, at), "good")
    return redirect_to(url_for("price_differences.show", line_id=line_id))


@bp.post("/<uuid:line_id>/refusal")
@requires(Permission.PRICING_CHANGE)
def refuse(line_id: UUID) -> Response:
    """Leave the price as it is."""
    try:
        refuse_price_line(current_actor(), line_id, request.form.get("reason", ""), now())
    except NoSuchLineError:
        return refusal(404, GONE)
    except InvalidInputError as error:
        return _show(line_id, error.errors, 422)
    except RuleBrokenError as error:
        flash(str(error), "bad")
        return redirect_to(url_for("price_differences.show", line_id=line_id))
    flash("The price stays as it is. The same words of this source are not asked about again.", "good")
    return redirect_to(url_for("price_differences.index"))


@bp.post("/<uuid:line_id>/drafts")
@requires(Permission.PRICING_CHANGE)
def draft(line_id: UUID) -> Response:
    """Write the drafts of one variant; they wait for nobody until they are submitted."""
    at = now()
    with snapshot() as connection:
        row = line(connection, line_id)
        plans = {} if row is None else {plan.variant: plan for plan in plans_of(connection, row, at)}
    if row is None:
        return refusal(404, GONE)
    plan = plans.get(request.form.get("variant", ""))
    if plan is None:
        return _show(line_id, {"variant": "Choose one of the two variants. Nothing was changed."}, 422)
    if not plan.drafted:
        return _show(
            line_id,
            {"variant": "This variant has no rule to draft: each is so already or below cost. Nothing was changed."},
            422,
        )
    start = row.effective_from if row.effective_from and row.effective_from > at else None
    answer = Answer(line_id, plan.variant, row.provider, row.model, plan.words, plan.drafted, start)
    try:
        drafts = draft_answers(current_actor(), answer, at)
    except RuleBrokenError as error:
        flash(f"{error} Nothing was changed.", "bad")
        return redirect_to(url_for("price_differences.show", line_id=line_id))
    flash(
        f"{plural(len(drafts), 'draft')} written. Nothing holds until it is submitted and somebody else approves.",
        "good",
    )
    if len(drafts) == 1:
        return redirect_to(url_for("proposals.show", config_id=drafts[0]))
    return redirect_to(url_for("price_differences.show", line_id=line_id) + "#answers")


def _accepted(row: LineRow | None, start: datetime | None, at: datetime) -> str:
    """Say what accepting did: a first price ends none, and one of later is not the price yet."""
    begins = start or (row.effective_from if row else None)
    if row is None or row.is_first:
        return "The price is set, the first of this model."
    if begins is not None and begins > at:
        return f"The price is set from {instant(begins)}; the one before it ends then."
    return "The price is set; the one before it has ended where this one starts."


def _show(line_id: UUID, errors: Mapping[str, str], status: int = 200) -> Response:
    at = now()
    with snapshot() as connection:
        row = line(connection, line_id)
        if row is None:
            return refusal(404, GONE)
        said = said_of(connection, row.provider, row.model)
        volumes = volumes_of(connection, at, row.provider, row.model)
        rules = vendor_price_rules.all(connection, provider=row.provider, model=row.model, at=at)
        due = _due(connection, row)
        drafts = price_line_drafts.all(connection, line_id=str(line_id))
    agree, differ = agreeing(row, said)
    response = render(
        "pricing/vendor_prices/difference.html",
        row=row,
        said=sorted(said, key=lambda one: (one.id != row.id, one.origin)),
        agree=agree,
        differ=differ,
        effects=[] if row.state == "blocked" else effects_of(row, volumes, rules),
        due=due,
        drafts=drafts,
        tiers={one.tier: one.display_name for one in rules},
        rules=rules,
        plans=planned(row, volumes, rules),
        classes=CLASSES,
        days=last_month(at.date()),
        errors=errors,
        typed=request.form,
        now=at,
    )
    response.status_code = status
    return response


def _due(connection: Connection, row: LineRow) -> int:
    """How many requests an accepted price leaves to be corrected."""
    if row.state != "accepted":
        return 0
    found = corrections_due.all(connection, provider=row.provider, model=row.model, start=ALWAYS, end=FOR_EVER)
    return sum(one.requests for one in found)


def _found(connection: Connection, question: Asked, at: datetime) -> list[Difference]:
    every = [
        one
        for one in all_differences(connection, at)
        if belongs(question.show, one) and question.finds(one.row.provider, one.row.model)
    ]
    reverse = question.sort.direction == "descending"
    keys = {
        "model": lambda one: (one.row.model.lower(), one.row.provider),
        "change": lambda one: abs(one.row.largest_change or Decimal(0)),
        "effect": lambda one: abs(one.cost_change_usd or Decimal(0)),
        "seen": lambda one: one.row.first_seen_at,
        "source": lambda one: one.row.origin,
    }
    return sorted(every, key=keys[question.sort.key], reverse=reverse)


def _start(text: str) -> datetime | None:
    """Read since when the price holds; empty leaves it to the line."""
    if not text.strip():
        return None
    try:
        return day_or_instant(text.strip())
    except FieldError as error:
        raise InvalidInputError({"effective_from": str(error)}) from None
