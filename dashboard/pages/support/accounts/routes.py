"""The addresses of accounts."""

from contextlib import ExitStack
from uuid import UUID

from flask import Blueprint, Response, request

from dashboard.access import Permission, current_actor, may, now, requires
from dashboard.db import snapshot
from dashboard.engine.lookups import read_lookup
from dashboard.pages.support.accounts import files, listing, showing
from dashboard.pages.support.accounts.lines import receipt_of_named
from dashboard.pages.support.accounts.place import written_place
from dashboard.reports.support.account import account_now
from dashboard.reports.support.accounts import AccountsPage, accounts_page, every_account
from dashboard.reports.support.found import Found, find, find_proposals
from dashboard.ui.exports import exported
from dashboard.ui.htmx import refusal, render
from dashboard.ui.links import url_with

bp = Blueprint("accounts", __name__, url_prefix="/support/accounts")

MOST_FOUND = 25
MOST_IN_PALETTE = 6
NOBODY = "There is no customer of this id. Look for them by name, e-mail address or one of their requests."
REGIONS = (
    "support/accounts/_page.html",
    "support/accounts/_balance.html",
    "support/accounts/_timeline.html",
    "support/accounts/_figures.html",
)


@bp.get("")
@requires(Permission.ACCOUNTS_READ)
def index() -> Response:
    """Find customers while somebody types, or list those worth a look."""
    question, at = listing.asked(), now()
    found: Found | None = None
    listed: AccountsPage | None = None
    with snapshot() as connection:
        if question.lookup.is_empty:
            listed = accounts_page(connection, question.order, question.after, now=at)
        else:
            found = find(connection, question.lookup, most=MOST_FOUND, now=at)
    return render(
        "support/accounts/index.html",
        "support/accounts/_list.html",
        asked=question,
        found=found,
        listed=listed,
        receipt_link=receipt_of_named,
        meaning=listing.MEANINGS[question.order],
        next=url_with(cursor=written_place(question.order, listed.after)) if listed and listed.after else None,
        now=at,
    )


@bp.get("/found")
@requires(Permission.ACCOUNTS_READ)
def palette() -> Response:
    """Answer the palette: the customers, requests and proposals that fit what was typed."""
    lookup, at = read_lookup(request.args.get("q", "")), now()
    with snapshot() as connection:
        people = find(connection, lookup, most=MOST_IN_PALETTE, now=at)
        may_see = may(current_actor().role, Permission.PRICING_READ)
        proposals = find_proposals(connection, lookup, most=MOST_IN_PALETTE) if may_see else []
    return render(
        "support/accounts/palette.html",
        "support/accounts/_found.html",
        lookup=lookup,
        found=people,
        receipt_link=receipt_of_named,
        proposals=proposals,
    )


@bp.get("/export/<any(csv, xlsx):file_type>")
@requires(Permission.ACCOUNTS_READ)
def export(file_type: str) -> Response:
    """Download the whole list, or everybody who was found."""
    question, at = listing.asked(), now()
    with ExitStack() as guard:
        connection = guard.enter_context(snapshot())
        opened = guard.pop_all()
        rows = listing.cells(every_account(connection, question.order, now=at))
        name = f"accounts-{question.order}-{at:%Y-%m-%d}"
        return files.sent(opened, lambda: exported(name, files.kind(file_type), listing.COLUMNS, rows))


@bp.get("/<uuid:customer_id>")
@requires(Permission.ACCOUNTS_READ)
def show(customer_id: UUID) -> Response:
    """Show one customer, or the part of the page that htmx asks for."""
    at = now()
    with snapshot() as connection:
        shown = showing.shown(connection, customer_id, now=at)
    if shown is None:
        return refusal(404, NOBODY)
    return render("support/accounts/show.html", REGIONS, **shown)


@bp.get("/<uuid:customer_id>/timeline/export/<any(csv, xlsx):file_type>")
@requires(Permission.ACCOUNTS_READ)
def timeline(customer_id: UUID, file_type: str) -> Response:
    """Download the timeline of a customer, of one kind or all, with the balance it comes to."""
    at = now()
    with ExitStack() as guard:
        connection = guard.enter_context(snapshot())
        found = account_now(connection, customer_id, now=at)
        if found is None:
            return refusal(404, NOBODY)
        kind = showing.kind_asked([])
        opened = guard.pop_all()
        return files.sent(opened, lambda: files.timeline_file(connection, found, kind, files.kind(file_type), now=at))
