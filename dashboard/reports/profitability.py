"""Customers by what they earn us: the figures of Margins by customer and tier, and the credits behind them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from decimal import Decimal

from sqlalchemy import Connection

from dashboard.engine.figures import Figures
from dashboard.engine.profitability import Account, Basis
from dashboard.reports.filters import Filters, days
from dashboard.reports.margins import Node, Question, explore
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class CreditsRow:
    """Credits one customer used of one kind of grant, and what was paid for them, USD."""

    customer_id: str
    category: str
    credits: Decimal
    realised_usd: Decimal


@dataclass(frozen=True, slots=True)
class TierName:
    """A tier."""

    name: str


customer_credits = Query("finance/customer_credits", CreditsRow)
free_tiers = Query("finance/free_tiers", TierName)


@dataclass(frozen=True, slots=True)
class Customers:
    """Every customer with figures in the period and in the one before, all together, and the tiers that cost nothing."""

    accounts: tuple[Account, ...]
    previous: tuple[Account, ...]
    now: Figures
    before: Figures
    free_tiers: tuple[str, ...]


def customers(connection: Connection, question: Question) -> Customers:
    """Read every customer by the tier of each request; kinds of credits only where no other filter is in force."""
    root = explore(connection, replace(question, groups=("customer", "tier")))
    kinds = _kinds(connection, question) if is_by_kind(question.filters) else {}
    end = datetime.combine(question.period.end, time(), UTC)
    return Customers(
        accounts=tuple(_account(node, kinds) for node in root.children if node.now != Figures()),
        previous=tuple(_previous(node) for node in root.children if node.before != Figures()),
        now=root.now,
        before=root.before,
        free_tiers=tuple(one.name for one in free_tiers.all(connection, at=end)),
    )


def is_by_kind(filters: Filters) -> bool:
    """Whether the kinds of credits are known: the ledger keeps them by customer and by nothing else of a request."""
    return filters == Filters(customers=filters.customers)


def _kinds(connection: Connection, question: Question) -> dict[str, dict[str, Basis]]:
    found: dict[str, dict[str, Basis]] = {}
    rows = customer_credits.all(connection, **days(question.period), customers=list(question.filters.customers) or None)
    for row in rows:
        found.setdefault(row.customer_id, {})[row.category] = Basis(row.credits, row.realised_usd)
    return found


def _previous(node: Node) -> Account:
    """As the customer stood in the period before."""
    tiers = tuple((tier.path[1], tier.before) for tier in node.children if tier.before != Figures())
    return Account(node.path[0], node.label, node.before, Figures(), tiers)


def _account(node: Node, kinds: dict[str, dict[str, Basis]]) -> Account:
    key = node.path[0]
    tiers = tuple((tier.path[1], tier.now) for tier in node.children if tier.now != Figures())
    return Account(key, node.label, node.now, node.before, tiers, kinds.get(key, {}))
