"""One customer: what they have, where it comes from, what they were told, what is noted about them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.money import EXACT
from dashboard.sql import Query

MOST_GRANTS = 100


@dataclass(frozen=True, slots=True)
class AccountNow:
    """One customer as they stand; amounts in credits. `ended` and `to_come` are in the balance but not spendable."""

    customer_id: UUID
    name: str
    email: str
    status: str
    registered_at: datetime
    deleted_at: datetime | None
    tier: str
    tier_title: str
    monthly_cap_credits: Decimal | None
    monthly_cap_left: Decimal | None
    balance: Decimal
    last_seq: int
    last_used_at: datetime | None
    spendable: Decimal
    held: Decimal
    ended: Decimal
    to_come: Decimal
    requests: int
    unpriced_requests: int
    credits_uncovered: Decimal


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant; credits, and what was paid for all of it in USD."""

    grant_id: UUID
    source: str
    category: str
    origin: str
    granted: Decimal
    remaining: Decimal
    paid_usd: Decimal
    effective_at: datetime
    expires_at: datetime | None
    expiry_posted_at: datetime | None
    created_at: datetime
    replaces_origin: str | None
    replaces_expired_at: datetime | None
    is_clawed_back: bool

    @property
    def paid_each_usd(self) -> Decimal:
        """What one credit of it was paid, USD."""
        return EXACT.divide(self.paid_usd, self.granted)

    def state(self, now: datetime) -> str:
        """Where it stands: valid, to_come, ended, expired, clawed_back or used_up."""
        if self.is_clawed_back:
            return "clawed_back"
        if self.expiry_posted_at is not None:
            return "expired"
        if not self.remaining:
            return "used_up"
        if self.expires_at is not None and self.expires_at <= now:
            return "ended"
        return "to_come" if self.effective_at > now else "valid"


@dataclass(frozen=True, slots=True)
class OpenHold:
    """A hold that was neither settled nor released; credits."""

    hold_id: UUID
    request_id: UUID
    credits: Decimal
    placed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """A subscription, and its allowance that runs now; None where none does."""

    subscription_id: UUID
    tier_title: str
    billing_cycle: str
    status: str
    base_price_usd: Decimal
    monthly_credit_allocation: Decimal
    reset_day_of_month: int
    started_at: datetime
    current_period_start: datetime
    current_period_end: datetime
    trial_ends_at: datetime | None
    cancel_at_period_end: bool
    ended_at: datetime | None
    allowance_credits: Decimal | None
    allowance_from: datetime | None
    next_reset_at: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """A notice a customer got; credits."""

    kind: str
    remaining_credits: Decimal
    allowance_credits: Decimal
    raised_at: datetime
    origin: str


@dataclass(frozen=True, slots=True)
class Note:
    """A note kept about a customer, and the movement it belongs to."""

    note_id: UUID
    kind: str
    body: str
    created_at: datetime
    written_by: str | None
    seq: int | None
    reason: str | None


account = Query("support/account", AccountNow)
account_grants = Query("support/account_grants", Grant)
account_holds = Query("support/account_holds", OpenHold)
account_plans = Query("support/account_plans", Plan)
account_notices = Query("support/account_notices", Told)
account_notes = Query("support/account_notes", Note)


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything the account page shows besides the timeline and the figures."""

    account: AccountNow
    grants: list[Grant]
    more_grants: bool
    holds: list[OpenHold]
    plans: list[Plan]
    notices: list[Told]
    notes: list[Note]


def account_now(connection: Connection, customer_id: UUID, *, now: datetime) -> AccountNow | None:
    """Read one customer; None if there is none of this id."""
    found = account.all(connection, customer_id=customer_id, now=now)
    return found[0] if found else None


def whole_account(connection: Connection, found: AccountNow, *, now: datetime) -> Whole:
    """Read what surrounds a customer."""
    one = found.customer_id
    grants = account_grants.all(connection, customer_id=one, most=MOST_GRANTS + 1)
    return Whole(
        account=found,
        grants=grants[:MOST_GRANTS],
        more_grants=len(grants) > MOST_GRANTS,
        holds=account_holds.all(connection, customer_id=one),
        plans=account_plans.all(connection, customer_id=one, now=now),
        notices=account_notices.all(connection, customer_id=one),
        notes=account_notes.all(connection, customer_id=one),
    )


def is_recent(hold: OpenHold, now: datetime) -> bool:
    """Whether a hold is open, or ended within the last day."""
    return hold.expires_at > now - timedelta(days=1)
