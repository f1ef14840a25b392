"""GET /api/v1/analytics/margins: the explorer's figures as JSON."""

from datetime import date

from flask import Blueprint, Response, jsonify, request

from dashboard.access import Permission, now, problem, requires
from dashboard.api import amounts
from dashboard.db import snapshot
from dashboard.engine.figures import Figures, total
from dashboard.engine.periods import DEFAULT, Period, chosen, named
from dashboard.reports.margins import Question, explore, margins_by_day

bp = Blueprint("api_v1_analytics", __name__)

PARAMETERS = frozenset({"from", "to", "group_by"})
GROUPS = ("day", "tier", "provider", "model", "customer")


@bp.get("/api/v1/analytics/margins")
@requires(Permission.MARGINS_READ, scope="analytics:read")
def margins() -> Response:
    """Margins from `from` (inclusive) to `to` (exclusive), UTC days, grouped by one dimension."""
    period, errors = _period()
    group = request.args.get("group_by", "day")
    errors |= dict.fromkeys(request.args.keys() - PARAMETERS, "Is not a parameter of this call.")
    if group not in GROUPS:
        errors["group_by"] = f"Must be one of {', '.join(GROUPS)}."
    if period is None or errors:
        fields = [{"field": field, "detail": detail} for field, detail in errors.items()]
        return problem(422, "The request cannot be answered as it is; nothing was changed.", errors=fields)
    rows, everything = _by_day(period) if group == "day" else _by_group(period, group)
    return jsonify(
        {
            "from": period.start.isoformat(),
            "to": period.end.isoformat(),
            "group_by": group,
            "rows": [{"key": key, "label": label, **_amounts(figures)} for key, label, figures in rows],
            "total": {"key": None, "label": "All", **_amounts(everything)},
        }
    )


Rows = list[tuple[str, str, Figures]]


def _by_day(period: Period) -> tuple[Rows, Figures]:
    with snapshot() as connection:
        found = {row.day: row.figures for row in margins_by_day.all(connection, start=period.start, end=period.end)}
    days = (date.fromordinal(period.start.toordinal() + n) for n in range(period.days))
    rows = [(day.isoformat(), day.isoformat(), found.get(day, Figures())) for day in days]
    return rows, total(figures for _, _, figures in rows)


def _by_group(period: Period, group: str) -> tuple[Rows, Figures]:
    with snapshot() as connection:
        root = explore(connection, Question(period, groups=(group,)))
    used = [node for node in root.children if node.now.requests]
    return [(node.path[0], node.label, node.now) for node in sorted(used, key=lambda node: node.path)], root.now


def _period() -> tuple[Period | None, dict[str, str]]:
    """Read `from` and `to`; without both the last 30 whole days."""
    first, end = request.args.get("from", ""), request.args.get("to", "")
    if not first and not end:
        return named(DEFAULT, now().date()), {}
    period, errors = chosen(first, end)
    if errors:
        return None, {field: _said(field, first, end) for field in errors}
    if period is None or period.last == period.start:
        return None, {"to": "Must be a day after `from`; it is not included."}
    return Period(period.start, period.last), {}


def _said(field: str, first: str, end: str) -> str:
    if field == "to" and first and end and end < first:
        return "Must be a day after `from`; it is not included."
    return "Must be a UTC day written as 2026-11-20, between 2000 and 2199, at most ten years apart."


def _amounts(figures: Figures) -> dict[str, object]:
    return {
        "requests": figures.requests,
        "priced_requests": figures.priced_requests,
        "unpriced_requests": figures.unpriced_requests,
        "vendor_cost_usd": amounts.usd(figures.vendor_cost_usd),
        "credits_due": amounts.credits(figures.credits_due),
        "credits_deducted": amounts.credits(figures.credits_deducted),
        "credits_uncovered": amounts.credits(figures.credits_uncovered),
        "list_revenue_usd": amounts.usd(figures.list_revenue_usd),
        "realised_revenue_usd": amounts.usd(figures.realised_revenue_usd),
        "gross_margin_usd": amounts.usd(figures.gross_margin_usd),
        "margin_percent": amounts.percent(figures.margin_percent),
        "realised_margin_percent": amounts.percent(figures.realised_margin_percent),
        "coverage_percent": amounts.percent(figures.coverage_percent),
    }
