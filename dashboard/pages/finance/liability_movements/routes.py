"""The addresses of movements."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask import Blueprint, Response, request
from sqlalchemy import Connection

from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.engine.liability import LINES, Owed
from dashboard.pages.finance.liability import words
from dashboard.pages.finance.liability.asked import one_of
from dashboard.pages.finance.liability_movements.place import read_place, written_place
from dashboard.reports.liability import end_of
from dashboard.reports.liability_postings import (
    Moved,
    Narrowing,
    Place,
    Posting,
    every_posting,
    liability_postings,
    moved,
    page_of,
)
from dashboard.reports.overview import standing
from dashboard.reports.pricing.explainer import policy_at
from dashboard.ui.exports import MOST_ROWS, Column, Row, exported
from dashboard.ui.format import plural
from dashboard.ui.htmx import refusal, render
from dashboard.ui.links import url_with
from dashboard.ui.navigation import endpoint_at
from dashboard.ui.periods import PeriodChoice, read_period

bp = Blueprint("liability_movements", __name__)

COLUMNS = (
    Column("Posted, UTC", "instant"),
    Column("Entry"),
    Column("Customer id"),
    Column("Customer"),
    Column("Reason"),
    Column("Kind of grant"),
    Column("Grant"),
    Column("Grant id"),
    Column("Expires, UTC", "instant"),
    Column("Credits", "credits"),
    Column("List value, USD", "usd_exact"),
    Column("Deferred revenue, USD", "usd_exact"),
)
LINE_CHOICES = {
    **{key: words.LINE_TITLES[key] for key in LINES},
    **{reason: words.REASON_TITLES[reason] for key in ("granted", "used") for reason in LINES[key]},
}
TOO_MANY = f"A sheet holds {MOST_ROWS:,} rows and this table has more. Take the CSV, or fewer days."


@dataclass(frozen=True, slots=True)
class Asked:
    """The period, what it is narrowed to, the place in the list, and what the address said wrongly."""

    choice: PeriodChoice
    narrowing: Narrowing
    place: Place | None
    chips: list[tuple[str, str]]
    problems: list[str]


@bp.get("/finance/liability/movements")
@requires(Permission.MARGINS_READ)
def index() -> Response:
    """Show the postings behind a line of the roll-forward, and what all of them come to."""
    question = asked(now().date())
    period = question.choice.period
    with snapshot() as connection:
        whole = moved(connection, period, question.narrowing)
        postings, has_older = page_of(connection, whole, question.narrowing, question.place)
        unit_usd = _unit(connection, question)
        stands = standing.one(connection)
    return render(
        "finance/liability_movements/index.html",
        "finance/liability_movements/_page.html",
        asked=question,
        postings=postings,
        total=whole.together,
        counted=whole.postings,
        unit_usd=unit_usd,
        owed=Owed,
        lines=list(LINE_CHOICES.items()),
        words=words,
        older=url_with(cursor=written_place(postings[-1].place)) if has_older else None,
        standing=stands,
        query=liability_postings.name,
        has_accounts=endpoint_at("/support/accounts") is not None,
    )


@bp.get("/finance/liability/movements/export/<any(csv, xlsx):file_type>")
@requires(Permission.MARGINS_READ)
def export(file_type: str) -> Response:
    """Download every posting, with the total of the screen."""
    question = asked(now().date())
    period, narrowing = question.choice.period, question.narrowing
    with ExitStack() as guard:
        connection = guard.enter_context(snapshot())
        whole, unit_usd = moved(connection, period, narrowing), _unit(connection, question)
        if file_type == "xlsx" and whole.postings > MOST_ROWS - 2:
            return refusal(422, TOO_MANY)
        rows = _rows(every_posting(connection, period, narrowing), unit_usd)
        name = f"liability-movements-{period.start}-{period.last}"
        opened = guard.pop_all()
        try:
            response = exported(name, "csv" if file_type == "csv" else "xlsx", COLUMNS, rows, _total(whole, unit_usd))
        except BaseException:
            opened.close()
            raise
    response.call_on_close(opened.close)
    return response


def asked(today: date) -> Asked:
    """Read the address; what it says wrongly is named and left aside."""
    problems: list[str] = []
    line = one_of("line", LINE_CHOICES, "", problems) or None
    category = one_of("category", words.CATEGORY_TITLES, "", problems) or None
    cursor = request.args.get("cursor", "")
    place = read_place(cursor) if cursor else None
    if cursor and place is None:
        problems.append("The place in the list could not be read; the newest postings are shown.")
    chips = []
    if line:
        chips.append((f"Movement: {LINE_CHOICES[line]}", url_with(line=None, cursor=None)))
    if category:
        chips.append((f"Kind: {words.CATEGORY_TITLES[category]}", url_with(category=None, cursor=None)))
    return Asked(read_period(today), Narrowing(line, category), place, chips, problems)


def _unit(connection: Connection, question: Asked) -> Decimal:
    return policy_at.one(connection, at=end_of(question.choice.period)).unit_usd


def _rows(postings: Iterator[Posting], unit_usd: Decimal) -> Iterator[Row]:
    for one in postings:
        yield [
            one.posted_at,
            f"{one.customer_id}-{one.seq}",
            one.customer_id,
            one.customer,
            words.REASON_TITLES[one.reason],
            words.CATEGORY_TITLES[one.category],
            one.origin,
            one.grant_id,
            one.expires_at,
            one.credits,
            Owed(one.credits).list_usd(unit_usd),
            one.deferred_usd,
        ]


def _total(whole: Moved, unit_usd: Decimal) -> Row:
    together = whole.together
    return [
        f"All {plural(whole.postings, 'posting')}",
        *[None] * 8,
        together.credits,
        together.list_usd(unit_usd),
        together.deferred_usd,
    ]
