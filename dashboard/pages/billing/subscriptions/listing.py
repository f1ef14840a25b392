"""The list of subscriptions: what the address asks for, its pages and its files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import request

from dashboard.engine.fields import as_uuid
from dashboard.reports.billing.subscriptions import SubscriptionRow, TierOnSale
from dashboard.ui.exports import Column
from dashboard.ui.links import url_with

ROWS = 50
EVERY = 1_000_000
STATUSES = {
    "trial": "Trial",
    "active": "Active",
    "past_due": "Past due",
    "grace_period": "Grace period",
    "suspended": "Suspended",
    "cancelled": "Cancelled",
    "expired": "Expired",
}
CYCLES = {"monthly": "Monthly", "annual": "Annual"}
COLUMNS = (
    Column("Customer"),
    Column("Customer id"),
    Column("Subscription"),
    Column("Tier"),
    Column("Billed"),
    Column("Status"),
    Column("Price of a period, USD", "usd"),
    Column("Credits a month", "credits"),
    Column("Began, UTC", "instant"),
    Column("Ended, UTC", "instant"),
    Column("Period from, UTC", "instant"),
    Column("Period to, UTC", "instant"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters in force; the place is (start, id) of the last row of the page before."""

    status: str | None
    tier: str | None
    billing_cycle: str | None
    name: str | None
    before: tuple[datetime, UUID] | None
    chips: list[tuple[str, str]]

    def parameters(self, most: int) -> dict[str, object]:
        """What the query is given."""
        start, place = self.before or (None, None)
        return {
            "status": self.status,
            "tier": self.tier,
            "billing_cycle": self.billing_cycle,
            "name": self.name,
            "before_start": start,
            "before_id": place,
            "most": most,
        }


def asked(tiers: Iterable[TierOnSale]) -> Asked:
    """Read the address; what it does not know is left aside."""
    titles = {one.name: one.title for one in tiers}
    status, tier = _known("status", STATUSES), _known("tier", titles)
    cycle, name = _known("cycle", CYCLES), request.args.get("q", "").strip().lower() or None
    shown = (
        ("status", status and STATUSES[status]),
        ("tier", tier and titles[tier]),
        ("cycle", cycle and CYCLES[cycle]),
        ("q", name and f"“{name}”"),
    )
    chips = [(title, url_with(cursor=None, **{key: None})) for key, title in shown if title]
    return Asked(status, tier, cycle, name, read_cursor(request.args.get("cursor", "")), chips)


def read_cursor(text: str) -> tuple[datetime, UUID] | None:
    """Read a place in a list; an unreadable one is the beginning."""
    moment, _, name = text.partition("~")
    place = as_uuid(name)
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (found, place) if place is not None and found.tzinfo is not None else None


def cells(rows: Iterable[SubscriptionRow]) -> Iterator[list[object]]:
    """The rows of a file."""
    return (
        [
            row.customer_name,
            row.user_id,
            row.subscription_id,
            row.tier_title,
            row.billing_cycle,
            STATUSES[row.status],
            row.base_price_usd,
            row.monthly_credit_allocation,
            row.started_at,
            row.ended_at,
            row.current_period_start,
            row.current_period_end,
        ]
        for row in rows
    )


def _known(name: str, known: Iterable[str]) -> str | None:
    value = request.args.get(name, "")
    return value if value in known else None
