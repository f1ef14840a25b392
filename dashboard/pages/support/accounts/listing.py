"""The list of customers: which one is asked for, and the same as a file."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import request

from dashboard.engine.lookups import Lookup, read_lookup
from dashboard.pages.support.accounts.place import read_place
from dashboard.reports.support.accounts import LISTS, Account, Place
from dashboard.ui.exports import Column
from dashboard.ui.links import url_with

TITLES = {
    "recent": "Recently active",
    "low": "Little left",
    "losses": "Newest losses",
    "newest": "Newest customers",
    "name": "By name",
}
# What each list is, in a sentence below the headings.
MEANINGS = {
    "recent": "By their newest request, charged or not, of the 5,000 newest requests.",
    "low": "Who used credits in the last 30 days, the least balance first.",
    "losses": "Whose credits did not cover a request in full, the newest first, of the 5,000 newest such requests.",
    "newest": "Everybody, the newest customer first.",
    "name": "Everybody, in the order of their names.",
}
COLUMNS = (
    Column("Customer id"),
    Column("Customer"),
    Column("E-mail"),
    Column("Tier"),
    Column("Status"),
    Column("Customer since, UTC", "instant"),
    Column("Balance, credits", "credits"),
    Column("Spendable, credits", "credits"),
    Column("Held, credits", "credits"),
    Column("Last charged, UTC", "instant"),
    Column("Not covered in 30 days, credits", "credits"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, which list is shown, the place in it, and what the address said wrongly."""

    typed: str
    lookup: Lookup
    order: str
    after: Place | None
    problems: list[str]

    @property
    def segments(self) -> list[tuple[str, str, bool]]:
        """Title, address and whether it is the one shown, for each list."""
        return [
            (title, url_with(order=name, q=None, cursor=None), name == self.order and self.lookup.is_empty)
            for name, title in TITLES.items()
        ]


def asked() -> Asked:
    """Read the address; what it says wrongly is named and left aside."""
    problems: list[str] = []
    order = request.args.get("order", "recent")
    if order not in LISTS:
        problems.append("The address asks for an unknown list; those active last are shown.")
        order = "recent"
    text = request.args.get("cursor", "")
    after = read_place(text, order) if text else None
    if text and after is None:
        problems.append("The place in the list could not be read; its beginning is shown.")
    typed = request.args.get("q", "")
    return Asked(typed[:200], read_lookup(typed), order, after, problems)


def cells(rows: Iterator[Account]) -> Iterator[list[object]]:
    """Write customers as rows of a file."""
    return (
        [
            row.customer_id,
            row.name,
            row.email,
            row.tier_title,
            row.status,
            row.registered_at,
            row.balance,
            row.spendable,
            row.held,
            row.last_used_at,
            row.credits_uncovered,
        ]
        for row in rows
    )
