"""Lists of invoices, packs and purchases, and what they come to."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dashboard.engine.packs import cost_of_credits_usd, is_below_cost
from dashboard.sql import Query

MOST_LISTED = 100
EVERY = 1_000_000


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """An invoice as a list shows it."""

    user_id: UUID
    id: UUID
    number: int
    customer_name: str
    customer_email: str
    reason: str
    status: str
    total_usd: Decimal
    paid_usd: Decimal
    refunded_usd: Decimal
    raised_at: datetime
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class InvoiceTotals:
    """What is open now; what came in, went back and was lost since an instant, USD; events that belong to nothing."""

    open_invoices: int
    open_usd: Decimal
    paid_usd: Decimal
    refunded_usd: Decimal
    loss_usd: Decimal
    account_credit_usd: Decimal
    unmatched: int


@dataclass(frozen=True, slots=True)
class UnmatchedEvent:
    """Something Stripe told us that waits for a payment, or belongs to nothing we know."""

    id: str
    kind: str
    payment_object: str | None
    amount_usd: Decimal | None
    state: str
    outcome: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class PackRow:
    """A pack of the catalogue, and the lowest multiplier its credits may be used at."""

    code: str
    title: str
    credits: Decimal
    price_usd: Decimal
    is_active: bool
    unit_usd: Decimal
    multiplier: Decimal
    lowest_tier: str | None
    packs_sold: int
    sold_usd: Decimal

    @property
    def may_cost_usd(self) -> Decimal:
        """What its credits may cost us, used at that multiplier."""
        return cost_of_credits_usd(self.credits, self.unit_usd, self.multiplier)

    @property
    def is_below_cost(self) -> bool:
        """Whether it brings less than its credits may cost."""
        return is_below_cost(self.price_usd, self.credits, self.unit_usd, self.multiplier)


@dataclass(frozen=True, slots=True)
class PurchaseRow:
    """A pack as it was bought."""

    user_id: UUID
    id: UUID
    customer_name: str
    customer_email: str
    pack_title: str
    credits: Decimal
    price_usd: Decimal
    tier: str
    multiplier: Decimal
    unit_usd: Decimal
    is_below_cost: bool | None
    invoice_id: UUID
    invoice_number: int
    status: str
    refunded_usd: Decimal
    remaining: Decimal
    created_at: datetime

    @property
    def may_cost_usd(self) -> Decimal:
        """What its credits may cost us at the multiplier of its customer."""
        return cost_of_credits_usd(self.credits, self.unit_usd, self.multiplier)


@dataclass(frozen=True, slots=True)
class PurchaseTotals:
    """Packs that were paid, what of their credits is left, those not paid yet, and those sold below cost."""

    paid_packs: int
    paid_usd: Decimal
    remaining: Decimal
    open_packs: int
    below_cost: int


invoices = Query("billing/invoices", InvoiceLine)
invoice_totals = Query("billing/invoice_totals", InvoiceTotals)
unmatched_events = Query("billing/unmatched_events", UnmatchedEvent)
packs = Query("billing/packs", PackRow)
purchases = Query("billing/purchases", PurchaseRow)
purchase_totals = Query("billing/purchase_totals", PurchaseTotals)
