"""The addresses of liability."""

from decimal import Decimal

from flask import Blueprint, Response
from sqlalchemy import Connection

from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.engine.liability import CATEGORIES
from dashboard.pages.finance.liability import explaining, words
from dashboard.pages.finance.liability.asked import Asked, asked
from dashboard.pages.finance.liability.drawing import buckets, moved, moved_chart, moved_titles, owed_chart
from dashboard.pages.finance.liability.files import (
    AGE_COLUMNS,
    ROLL_COLUMNS,
    TIME_COLUMNS,
    age_rows,
    roll_rows,
    time_rows,
)
from dashboard.reports.liability import (
    Liability,
    liability,
    liability_balances,
    liability_held,
    liability_movements,
    rolled,
)
from dashboard.reports.overview import standing
from dashboard.reports.pricing.explainer import policy_at
from dashboard.ui.changes import change
from dashboard.ui.exports import FileType, exported
from dashboard.ui.htmx import render

bp = Blueprint("liability", __name__)


@bp.get("/finance/liability")
@requires(Permission.MARGINS_READ)
def index() -> Response:
    """Show what is owed in unused credits: rolled forward, by age, and proved by the books."""
    with snapshot() as connection:
        question = asked(now().date())
        found, unit_usd = _read(connection, question)
        before, _ = rolled(connection, question.period.previous, "month")
        stands = standing.one(connection)
    rows = buckets(question, found, unit_usd)
    return render(
        "finance/liability/index.html",
        "finance/liability/_page.html",
        asked=question,
        found=found,
        whole=found.whole,
        before=before,
        unit_usd=unit_usd,
        change=change,
        owed=owed_chart(question, found, unit_usd),
        moves=moved_chart(question, found, rows, unit_usd),
        buckets=rows,
        moved_titles=moved_titles(),
        moved=moved(question, found.whole, unit_usd),
        categories=CATEGORIES,
        words=words,
        explain_roll=explaining.rolling(found.whole, unit_usd),
        explain_breakage=explaining.breaking(found.whole, before, unit_usd),
        explain_aging=explaining.aging(found),
        explain_ties=explaining.tying(found),
        standing=stands,
        movements_query=liability_movements.name,
        held_query=liability_held.name,
        balances_query=liability_balances.name,
    )


@bp.get("/finance/liability/<any('roll-forward', 'over-time', aging):part>/<any(csv, xlsx):file_type>")
@requires(Permission.MARGINS_READ)
def export(part: str, file_type: str) -> Response:
    """Download one of the tables in every measure, with the total of the screen."""
    with snapshot() as connection:
        question = asked(now().date())
        found, unit_usd = _read(connection, question)
    name = f"liability-{part}-{question.period.start}-{question.period.last}"
    kind: FileType = "csv" if file_type == "csv" else "xlsx"
    if part == "over-time":
        return exported(name, kind, TIME_COLUMNS, time_rows(found, unit_usd))
    if part == "aging":
        return exported(name, kind, AGE_COLUMNS, *age_rows(found, unit_usd))
    return exported(name, kind, ROLL_COLUMNS, *roll_rows(found.whole, unit_usd))


def _read(connection: Connection, question: Asked) -> tuple[Liability, Decimal]:
    found = liability(connection, question.period, question.per)
    return found, policy_at.one(connection, at=found.at).unit_usd
