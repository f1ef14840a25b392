"""Pricing → Multipliers → Coverage: what falls to the default, and rules nobody reaches."""

from uuid import UUID

from flask import Blueprint, Response

from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.engine.rules import Unreachable
from dashboard.pages.pricing.multipliers.lines import title_of
from dashboard.reports.pricing.coverage import DAYS, Coverage, coverage, named
from dashboard.reports.pricing.multipliers import RuleRow, multiplier_rules
from dashboard.ui.exports import Column, exported
from dashboard.ui.format import multiplier
from dashboard.ui.htmx import render

bp = Blueprint("coverage", __name__)

MOST_GAPS = 100
MOST_NAMED = 3


@bp.get("/pricing/multipliers/coverage")
@requires(Permission.PRICING_READ)
def index() -> Response:
    """Show whether every active tier × model resolves, and what does not."""
    at = now()
    with snapshot() as connection:
        read = coverage(connection, at)
        titles = {row.id: title_of(row) for row in multiplier_rules.all(connection)}
        tiers = {tier.name: tier.title for tier in named(connection, at).tiers}
    lost = [(row, title_of(row), _why(row, one, tiers, titles)) for row, one in read.out_of_reach]
    return render(
        "pricing/multipliers/coverage.html",
        coverage=read,
        gaps=read.gaps[:MOST_GAPS],
        requests=_requests(read),
        lost=lost,
        days=DAYS,
        now=at,
    )


@bp.get("/pricing/multipliers/coverage/<any(csv, xlsx):file_type>")
@requires(Permission.PRICING_READ)
def export(file_type: str) -> Response:
    """Everything that falls or fell to the default, as a file."""
    at = now()
    with snapshot() as connection:
        read = coverage(connection, at)
    columns = (
        Column("Tier"),
        Column("Provider"),
        Column("Model"),
        Column("Now"),
        Column(f"Requests on the default, {DAYS} days", "count"),
    )
    rows = [
        [
            gap.tier.title,
            gap.model.provider_title,
            gap.model.model,
            "no rule" if gap.is_open else "a rule holds",
            gap.requests,
        ]
        for gap in read.gaps
    ]
    total = ["All", None, None, None, _requests(read)]
    return exported(f"multiplier-coverage-{at:%Y-%m-%d}", "csv" if file_type == "csv" else "xlsx", columns, rows, total)


def _requests(read: Coverage) -> int:
    return sum(gap.requests for gap in read.gaps)


def _why(row: RuleRow, lost: Unreachable, tiers: dict[str, str], titles: dict[UUID, str]) -> str:
    if lost.why == "tier":
        return f"The tier {tiers.get(row.tier or '', row.tier)} is not active: nobody is on it."
    if lost.why == "model":
        return f"{row.model or row.provider_title} is not on offer any more."
    takers = [f"{titles[one.rule.id]} at {multiplier(one.rule.multiplier)}" for one in lost.by]
    more = f" and {len(takers) - MOST_NAMED} more" if len(takers) > MOST_NAMED else ""
    return f"Everything it speaks of is decided by rules that go before it: {', '.join(takers[:MOST_NAMED])}{more}."
