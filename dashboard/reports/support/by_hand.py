"""What a customer has to spend, grant by grant, before credits are granted or taken by hand."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.charging import Charge, Grant, charge
from dashboard.reports.pricing.explainer import policy_at
from dashboard.reports.support.entries import CustomerNow, receipt_customer
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class OpenGrant:
    """A grant with something left that can be spent now; credits and USD."""

    id: UUID
    origin: str
    granted: Decimal
    remaining: Decimal
    paid_usd: Decimal
    effective_at: datetime
    expires_at: datetime | None
    priority: int

    @property
    def grant(self) -> Grant:
        """The grant as charging sees it."""
        return Grant(
            self.id, self.granted, self.remaining, self.paid_usd, self.effective_at, self.expires_at, self.priority
        )


@dataclass(frozen=True, slots=True)
class Purse:
    """The customer now, what is open to them, and what a credit is worth, USD."""

    customer: CustomerNow
    grants: list[OpenGrant]
    unit_usd: Decimal

    def drawn_by(self, credits_taken: Decimal, now: datetime) -> Charge:
        """What taking some credits would draw from which grant, soonest expiry first."""
        return charge(credits_taken, now, [one.grant for one in self.grants])


open_grants = Query("support/open_grants", OpenGrant)


def purse_of(connection: Connection, customer_id: UUID, now: datetime) -> Purse | None:
    """Return what a customer has to spend; None for a customer nobody knows."""
    found = receipt_customer.all(connection, customer_id=customer_id, now=now)
    if not found:
        return None
    grants = open_grants.all(connection, customer_id=customer_id, now=now)
    return Purse(found[0], grants, policy_at.one(connection, at=now).unit_usd)
