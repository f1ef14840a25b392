"""What waits for the person who looks: proposals and requests they may decide, and did not write."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app, url_for

from dashboard.reports.notices import WaitingRow
from dashboard.ui.format import moment

SOON = timedelta(hours=24)
PLANS = frozenset({"add_tier_version", "change_tier", "add_credit_policy"})


@dataclass(frozen=True, slots=True)
class Waits:
    """One thing to decide."""

    title: str
    href: str | None
    word: str
    tone: str
    detail: str


def waits(rows: Sequence[WaitingRow], now: datetime) -> list[Waits]:
    """Each of them with who asks, since when, and how long there is."""
    return [_waits(row, now) for row in rows]


def _waits(row: WaitingRow, now: datetime) -> Waits:
    is_soon = row.decide_by is not None and row.decide_by - now <= SOON
    until = f"; expires {moment(row.decide_by, now)}" if row.decide_by else ""
    detail = f"Asked by {row.asked_by or 'the command line'}, {moment(row.asked_at, now)}{until}"
    return Waits(row.title, _href(row), "Soon over" if is_soon else "Pending", "warn", detail)


def _href(row: WaitingRow) -> str | None:
    """The page that decides it, where there is one."""
    if row.object_kind == "pricing_config":
        return _url("proposals.show", config_id=row.object_id)
    if row.subject in PLANS:
        return _url("tier_changes.show", change_id=row.object_id)
    return _url("approvals.show", request_id=row.object_id)


def _url(endpoint: str, **values: object) -> str | None:
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None  # type: ignore[arg-type]  # values of its own route
