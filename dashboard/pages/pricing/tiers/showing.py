"""The page of one tier, shown as asked or with what was wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Response, abort, request
from sqlalchemy import Connection

from dashboard.access import now
from dashboard.db import snapshot
from dashboard.pages.pricing.tiers.effects import rounded_up, start_of, title_of
from dashboard.reports.pricing.tiers import (
    BandRow,
    TierRow,
    changes,
    last_days,
    tier_utilisation,
    tiers,
    tiers_now,
    utilisation,
    versions_of,
)
from dashboard.ui.histogram import Bar, histogram
from dashboard.ui.htmx import render
from dashboard.ui.plots import Plot

MORE = 11
PERFECT = Decimal(100)


@dataclass(frozen=True, slots=True)
class Band:
    """One range of use, in words, and who is in it."""

    words: str
    row: BandRow


def tier_page(
    tier: str, errors: Mapping[str, str] | None = None, problem: str | None = None, status: int = 200
) -> Response:
    """Show one tier: its versions, who uses how much of it, what comes next, and what can be asked for."""
    at = now()
    with snapshot() as connection:
        row = row_of(connection, tier, at)
        versions = versions_of(connection, tier)
        asked = changes(connection, at, tier=tier)
        bands = utilisation(connection, at, tier)
    response = render(
        "pricing/tiers/show.html",
        row=row,
        versions=versions,
        asked=asked,
        plot=_plot(bands, row.break_even_percent),
        bands=[Band(_words(one.band), one) for one in bands],
        days=last_days(at),
        queries=(tiers.name, tier_utilisation.name),
        errors=errors or {},
        problem=problem,
        typed=request.form,
        now=at,
        **words([row]),
    )
    response.status_code = status
    return response


def row_of(connection: Connection, tier: str, at: datetime) -> TierRow:
    """The tier of that name; 404 if there is none."""
    row = next((one for one in tiers_now(connection, at) if one.tier == tier), None)
    if row is None:
        abort(404)
    return row


def words(rows: Sequence[TierRow]) -> dict[str, Any]:
    """What every list of changes needs: how one is called and when it starts."""
    names = {row.tier: row.display_name for row in rows}
    return {"title_of": lambda order: title_of(order, names), "start_of": start_of, "rounded_up": rounded_up}


def _plot(bands: Sequence[BandRow], break_even: Decimal | None) -> Plot | None:
    mark = None
    if break_even is not None and break_even <= PERFECT:
        mark = (max(1, int(-(-break_even // 10))), "break-even")
    return histogram(
        [Bar(_edge(one.band), one.subscribers) for one in bands],
        label="Subscribers by the share of their monthly credits they used; the same figures stand in the table below.",
        mark=mark,
    )


def _edge(band: int) -> str:
    return "none" if band == 0 else f"{(band - 1) * 10}%"


def _words(band: int) -> str:
    if band == 0:
        return "None of it"
    if band == MORE:
        return "More than all of it"
    return f"More than {(band - 1) * 10}% and up to {band * 10}%"
