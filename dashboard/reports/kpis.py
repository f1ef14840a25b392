"""The key figures the dashboard's API promises, by the definitions that hold (domain §13)."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from dashboard.engine.periods import Period
from dashboard.reports.filters import days
from dashboard.reports.overview import active_customers
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class CreditsConsumed:
    """Credits deducted by usage less reversals, now and before."""

    now_credits: Decimal
    before_credits: Decimal


@dataclass(frozen=True, slots=True)
class PayingAccounts:
    """Accounts paying at the end of the period, and at its start."""

    now_accounts: int
    before_accounts: int


kpi_credits = Query("finance/kpi_credits", CreditsConsumed)
kpi_paying_accounts = Query("finance/kpi_paying_accounts", PayingAccounts)


@dataclass(frozen=True, slots=True)
class Kpis:
    """What is known of a period; money comes in when payments exist."""

    period: Period
    credits: CreditsConsumed
    paying: PayingAccounts
    using_now: int
    using_before: int


def kpis(connection: Connection, period: Period) -> Kpis:
    """Read the key figures of a period and of the one before it."""
    bounds = {**days(period), "before_start": period.previous.start}
    using = {row.is_now: row.customers for row in active_customers.all(connection, **bounds) if row.tier is None}
    return Kpis(
        period,
        kpi_credits.one(connection, **bounds),
        kpi_paying_accounts.one(connection, **days(period)),
        using.get(True, 0),
        using.get(False, 0),
    )
