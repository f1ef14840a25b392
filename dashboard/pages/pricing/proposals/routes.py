"""Pricing → Proposals: the list, the form, and the page of one version."""

from contextlib import ExitStack
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, abort, flash, request, url_for
from sqlalchemy import Connection

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.draft_price import draft_price
from dashboard.actions.edit_price import edit_price
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.pricing import REASONS
from dashboard.pages.pricing.proposals.checks import TITLES, Checked, checked
from dashboard.pages.pricing.proposals.form import Typed, read, typed_in, typed_of
from dashboard.pages.pricing.proposals.listing import (
    COLUMNS,
    cells,
    cursor_of,
    page_of,
    question_of,
    scope_options,
    tabs,
)
from dashboard.pages.pricing.proposals.showing import shown
from dashboard.reports.pricing.proposal_facts import surroundings, waits_of
from dashboard.reports.pricing.proposals import (
    Proposal,
    every_proposal,
    proposal_authors,
    proposal_counts,
    whole_proposal,
)
from dashboard.ui.exports import exported
from dashboard.ui.htmx import redirect_to, render
from dashboard.ui.links import url_with

bp = Blueprint("proposals", __name__, url_prefix="/pricing/proposals")

UNPROCESSABLE = 422


@bp.get("")
@requires(Permission.PRICING_READ)
def index() -> Response:
    """List the proposals, a page at a time."""
    actor, at = current_actor(), now()
    with snapshot() as connection:
        authors = proposal_authors.all(connection)
        question = question_of(authors, actor)
        counts = proposal_counts.all(connection, person_id=actor.person_id, now=at)
        page = page_of(connection, actor, question, at)
    return render(
        "pricing/proposals/index.html",
        "pricing/proposals/_list.html",
        question=question,
        tabs=tabs(counts, question, actor),
        rows=page.rows,
        total=sum(count.proposals for count in counts),
        authors=[(author.person_id, author.name) for author in authors],
        scopes=scope_options(),
        reasons=REASONS,
        before=url_with(cursor=cursor_of("before", page.rows[0])) if page.has_before and page.rows else None,
        after=url_with(cursor=cursor_of("after", page.rows[-1])) if page.has_after else None,
        now=at,
    )


@bp.get("/export/<any(csv, xlsx):file_type>")
@requires(Permission.PRICING_READ)
def export(file_type: str) -> Response:
    """Send every proposal the filters leave, in the order of the screen."""
    actor, at = current_actor(), now()
    with ExitStack() as guard:
        connection = guard.enter_context(snapshot())
        question = question_of(proposal_authors.all(connection), actor)
        rows = [] if question.asked.states == () else every_proposal(connection, actor, question.asked, at)
        response = exported(f"proposals-{at:%Y-%m-%d}", "csv" if file_type == "csv" else "xlsx", COLUMNS, cells(rows))
        response.call_on_close(guard.pop_all().close)
        return response


@bp.get("/new")
@requires(Permission.PRICING_CHANGE)
def new() -> Response:
    """Show the form; the address may fill it in."""
    return _form(typed_in(request.args), {})


@bp.post("")
@requires(Permission.PRICING_CHANGE)
def create() -> Response:
    """Keep a draft."""
    typed = typed_in(request.form)
    draft, errors = read(typed)
    if draft is None:
        return _form(typed, errors, status=UNPROCESSABLE)
    try:
        config_id = draft_price(current_actor(), draft, now())
    except InvalidInputError as error:
        return _form(typed, error.errors, status=UNPROCESSABLE)
    except RuleBrokenError as error:
        return _form(typed, {}, problem=str(error), status=UNPROCESSABLE)
    flash("The draft is kept. Nobody is asked before you submit it.", "good")
    return redirect_to(url_for("proposals.show", config_id=config_id))


@bp.post("/preview")
@requires(Permission.PRICING_CHANGE)
def preview() -> Response:
    """Say what the form as typed would do; nothing is kept."""
    typed = typed_in(request.form)
    config_id = request.form.get("config_id", type=UUID)
    return _form(typed, {}, config_id=config_id)


@bp.get("/<uuid:config_id>")
@requires(Permission.PRICING_READ)
def show(config_id: UUID) -> Response:
    """Show one version: what it changes, what that does, who decides, what happened."""
    return shown(config_id)


@bp.get("/<uuid:config_id>/edit")
@requires(Permission.PRICING_CHANGE)
def edit(config_id: UUID) -> Response:
    """Show the form with a version in it."""
    with snapshot() as connection:
        found = _editable(connection, config_id, now())
    return _form(typed_of(found), {}, config_id=config_id)


@bp.post("/<uuid:config_id>/edit")
@requires(Permission.PRICING_CHANGE)
def update(config_id: UUID) -> Response:
    """Keep the change, as a new version where the old one was submitted."""
    typed = typed_in(request.form)
    draft, errors = read(typed)
    if draft is None:
        return _form(typed, errors, config_id=config_id, status=UNPROCESSABLE)
    try:
        new_id = edit_price(current_actor(), config_id, draft, now())
    except InvalidInputError as error:
        return _form(typed, error.errors, config_id=config_id, status=UNPROCESSABLE)
    except RuleBrokenError as error:
        return _form(typed, {}, config_id=config_id, problem=str(error), status=UNPROCESSABLE)
    flash("The change is kept as a draft. Nobody is asked before you submit it.", "good")
    return redirect_to(url_for("proposals.show", config_id=new_id))


def _form(
    typed: Typed,
    errors: dict[str, str],
    *,
    config_id: UUID | None = None,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    at = now()
    with snapshot() as connection:
        original = _editable(connection, config_id, at) if config_id else None
        around, waits = surroundings(connection, at), waits_of(connection)
    found: Checked = checked(typed, around, original, at)
    response = render(
        "pricing/proposals/form.html",
        "pricing/proposals/_preview.html",
        typed=typed,
        errors=errors,
        problem=problem,
        found=found,
        original=original,
        titles=TITLES,
        waits=waits,
        tiers=[(tier.name, tier.title) for tier in around.tiers if tier.is_active or tier.name == typed.tier],
        providers=[(one.name, one.title) for one in around.providers],
        models=sorted({one.model for one in around.models if one.is_available}),
        reasons=list(REASONS.items()),
        now=at,
    )
    response.status_code = status
    return response


def _editable(connection: Connection, config_id: UUID, at: datetime) -> Proposal:
    found = whole_proposal(connection, config_id, at)
    if found is None:
        abort(404)
    return found.proposal
