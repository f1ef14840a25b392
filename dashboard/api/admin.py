"""GET /admin/analytics/dashboard-kpis: the founding document's fields with definitions that hold.

Null is not known: no payment, licence or coupon feeds those figures yet.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from flask import Blueprint, Response, jsonify, request

from dashboard.access import Permission, now, problem, requires
from dashboard.api import amounts
from dashboard.db import snapshot
from dashboard.engine.margin import change_percent
from dashboard.engine.periods import DEFAULT, NAMED, named
from dashboard.reports.kpis import Kpis, kpis

bp = Blueprint("api_admin", __name__)

UNKNOWN_CHANGE = {"value": None, "trend": "neutral", "label": None}


@bp.get("/admin/analytics/dashboard-kpis")
@requires(Permission.OVERVIEW_READ, scope="analytics:read")
def dashboard_kpis() -> Response:
    """Answer with the key figures of the last whole days, and how they moved."""
    name = request.args.get("period", DEFAULT)
    if name not in NAMED:
        known = ", ".join(NAMED)
        return problem(400, f"There is no such period. Ask for one of {known}.", field="period")
    read_at = now()
    with snapshot() as connection:
        found = kpis(connection, named(name, read_at.date()))
    return jsonify({"period": name, **_bounds(found), "asOf": read_at.isoformat(), **_figures(found)})


def _bounds(found: Kpis) -> dict[str, str]:
    """Whole UTC days; `to` is not included."""
    return {"from": found.period.start.isoformat(), "to": found.period.end.isoformat()}


def _figures(found: Kpis) -> dict[str, Any]:
    credits = found.credits
    return {
        "totalRevenue": {
            **_no_money("value"),
            "change": UNKNOWN_CHANGE,
            "breakdown": {**_no_money("mrr"), **_no_money("perpetual"), **_no_money("upgrades")},
        },
        "activeUsers": {
            "value": found.paying.now_accounts,
            "change": _change(found.paying.now_accounts, found.paying.before_accounts),
            "withUsage": {"value": found.using_now, "change": _change(found.using_now, found.using_before)},
        },
        "creditsConsumed": {
            "value": _whole(credits.now_credits),
            "value_credits": amounts.credits(credits.now_credits),
            "change": _change(credits.now_credits, credits.before_credits),
        },
        "couponRedemptions": {"value": None, "change": UNKNOWN_CHANGE, **_no_money("totalDiscount")},
    }


def _no_money(name: str) -> dict[str, None]:
    """Integer cents and, beside them, the exact string: neither is known."""
    return {name: None, f"{name}_usd": None}


def _change(value: Decimal | int, before: Decimal | int) -> dict[str, str | None]:
    """Per cent with two decimals; from nothing to something is new, and has no percentage."""
    trend = "up" if value > before else "down" if value < before else "neutral"
    moved = change_percent(value, before)
    if moved is None:
        return {"value": None, "trend": trend, "label": "new"}
    return {"value": amounts.percent(moved), "trend": trend, "label": None}


def _whole(credits: Decimal) -> int:
    return int(credits.to_integral_value(ROUND_HALF_EVEN))
