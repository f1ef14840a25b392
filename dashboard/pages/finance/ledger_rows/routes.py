"""The addresses of ledger rows."""

from contextlib import ExitStack
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response
from sqlalchemy import Connection

from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.pages.finance.ledger_rows.asked import Asked, asked
from dashboard.pages.finance.ledger_rows.files import rows_file
from dashboard.pages.finance.ledger_rows.foot import foot
from dashboard.pages.finance.ledger_rows.place import newer_than, older_than
from dashboard.reports.ledger_row import charged_row, corrections_of_row, draws
from dashboard.reports.ledger_rows import (
    LedgerPage,
    LedgerRow,
    corrections,
    ledger_row_totals,
    ledger_row_totals_by_customer,
    newer_page,
    older_page,
    totals,
)
from dashboard.reports.overview import standing
from dashboard.ui.format import DASH, moment, plural
from dashboard.ui.htmx import refusal, render
from dashboard.ui.links import url_with

bp = Blueprint("ledger_rows", __name__)

NOTHING = LedgerPage([], has_newer=False, has_older=False)


@bp.get("/finance/ledger-rows")
@requires(Permission.LEDGER_READ)
def index() -> Response:
    """Show a page of rows and what all of them add up to."""
    moment_now = now()
    with snapshot() as connection:
        question = asked(connection, moment_now.date())
        period, narrowing = question.choice.period, question.narrowing
        whole = totals(connection, period, narrowing.filters)
        corrected = corrections(connection, period, narrowing.filters)
        page = _page(connection, question) if whole.requests else NOTHING
        stands = standing.one(connection)
    query = ledger_row_totals_by_customer if narrowing.filters.customers else ledger_row_totals
    return render(
        "finance/ledger_rows/index.html",
        "finance/ledger_rows/_page.html",
        asked=question,
        rows=page.rows,
        totals=whole,
        foot=foot(narrowing, whole, corrected),
        totals_query=query.name,
        standing=stands,
        now=moment_now,
        shown=_shown(page.rows, moment_now),
        newer=url_with(cursor=newer_than(page.rows[0])) if page.has_newer and page.rows else None,
        older=url_with(cursor=older_than(page.rows[-1])) if page.has_older else None,
    )


@bp.get("/finance/ledger-rows/export/<any(csv, xlsx):file_type>")
@requires(Permission.LEDGER_READ)
def export(file_type: str) -> Response:
    """Download every row of the filter."""
    with ExitStack() as guard:
        connection = guard.enter_context(snapshot())
        question = asked(connection, now().date())
        opened = guard.pop_all()
        try:
            return rows_file(
                "csv" if file_type == "csv" else "xlsx", question.choice.period, question.narrowing, opened, connection
            )
        except BaseException:
            opened.close()
            raise


@bp.get("/finance/ledger-rows/<uuid:customer_id>/<uuid:request_id>")
@requires(Permission.LEDGER_READ)
def show(customer_id: UUID, request_id: UUID) -> Response:
    """Show how one request was charged."""
    with snapshot() as connection:
        row = charged_row(connection, customer_id, request_id)
        drawn = draws(connection, row) if row else []
        later = corrections_of_row.all(connection, customer_id=customer_id, request_id=request_id)
    if row is None:
        return refusal(404, "There is no such request of this customer in the ledger. Look for it among all rows.")
    return render(
        "finance/ledger_rows/show.html", "finance/ledger_rows/_show.html", row=row, draws=drawn, corrections=later
    )


def _page(connection: Connection, question: Asked) -> LedgerPage:
    period = question.choice.period
    if question.cursor is None:
        return older_page(connection, period, question.narrowing, None)
    if question.cursor.newer:
        return newer_page(connection, period, question.narrowing, question.cursor.place)
    return older_page(connection, period, question.narrowing, question.cursor.place)


def _shown(rows: list[LedgerRow], seen_at: datetime) -> str:
    if not rows:
        return ""
    last, first = (moment(row.accounted_at, seen_at, seconds=True)[:-3] for row in (rows[0], rows[-1]))
    if first.rpartition(", ")[0] == last.rpartition(", ")[0]:
        last = last.rpartition(", ")[2]
    return f"{plural(len(rows), 'row')}, {first} {DASH} {last} UTC"
