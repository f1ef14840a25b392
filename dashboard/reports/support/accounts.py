"""Lists of customers: who used credits last, who has little left, whose credits did not cover, everybody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.sql import Query

PER_PAGE = 50
LATELY = timedelta(days=30)
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a customer stands in a list: the value it is ordered by, as text, and the id."""

    customer_id: UUID
    place: str


@dataclass(frozen=True, slots=True)
class Account:
    """A customer in a list; amounts in credits, `credits_uncovered` of the last 30 days."""

    customer_id: UUID
    name: str
    email: str
    status: str
    registered_at: datetime
    tier_title: str
    balance: Decimal
    spendable: Decimal
    held: Decimal
    last_used_at: datetime | None
    credits_uncovered: Decimal


accounts_recent = Query("support/accounts_recent", Place)
accounts_low = Query("support/accounts_low", Place)
accounts_losses = Query("support/accounts_losses", Place)
accounts_by_name = Query("support/accounts_by_name", Place)
accounts_newest = Query("support/accounts_newest", Place)
accounts = Query("support/accounts", Account)

LISTS = {
    "recent": accounts_recent,
    "low": accounts_low,
    "losses": accounts_losses,
    "name": accounts_by_name,
    "newest": accounts_newest,
}


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """A page of a list, and the place the next one begins after."""

    rows: list[Account]
    after: Place | None


def accounts_page(
    connection: Connection, order: str, after: Place | None, *, now: datetime, most: int = PER_PAGE
) -> AccountsPage:
    """Read one page of a list, one of LISTS, from a place on."""
    given: dict[str, object] = {
        "place": after.place if after else None,
        "customer_id": after.customer_id if after else None,
        "most": most + 1,
    }
    if order == "low":
        given["since"] = now - LATELY
    places = LISTS[order].all(connection, **given)
    wanted = [one.customer_id for one in places[:most]]
    known = {one.customer_id: one for one in accounts.all(connection, customers=wanted, now=now)}
    return AccountsPage([known[one] for one in wanted], places[most - 1] if len(places) > most else None)


def every_account(connection: Connection, order: str, *, now: datetime) -> Iterator[Account]:
    """Read the whole list, a thousand at a time: for a file."""
    after: Place | None = None
    while True:
        page = accounts_page(connection, order, after, now=now, most=AT_ONCE)
        yield from page.rows
        after = page.after
        if after is None:
            return
