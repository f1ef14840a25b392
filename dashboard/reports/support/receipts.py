"""What a receipt is recalculated from: a usage row, the grants its entry found, and what was corrected later."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.charging import Grant
from dashboard.engine.credits import Policy
from dashboard.engine.rating import Price, Rates, Tokens, Usage
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class UsageFacts:
    """One request as it stands in the ledger, and the price (USD per 1,000 tokens) and policy it was rated by."""

    customer_id: UUID
    request_id: UUID
    external_id: str | None
    customer: str
    customer_status: str
    provider_id: UUID
    provider: str
    provider_title: str
    model: str
    service: str
    tier: str
    tier_title: str
    request_type: str
    status: str
    key_mode: str
    cost_status: str
    started_at: datetime
    completed_at: datetime | None
    processing_time_ms: int | None
    posted_at: datetime
    accounted_at: datetime
    input_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    output_tokens: int
    price_id: UUID | None
    vendor_cost_usd: Decimal | None
    rule_id: UUID | None
    scope: str
    multiplier: Decimal
    value_usd: Decimal | None
    unit_usd: Decimal
    increment: Decimal
    credits_due: Decimal
    credits_deducted: Decimal
    credits_uncovered: Decimal
    rounding_gain_usd: Decimal
    realised_revenue_usd: Decimal
    deduction_seq: int | None
    balance_before: Decimal | None
    balance_after: Decimal | None
    policy_unit_usd: Decimal | None
    policy_increment: Decimal | None
    price_from: datetime | None
    price_source: str | None
    input_usd: Decimal | None
    output_usd: Decimal | None
    cached_usd: Decimal | None
    written_usd: Decimal | None
    threshold_tokens: int | None
    high_input_usd: Decimal | None
    high_output_usd: Decimal | None
    high_cached_usd: Decimal | None
    high_written_usd: Decimal | None

    @property
    def tokens(self) -> Tokens:
        """The four buckets."""
        return Tokens(self.input_tokens, self.cached_input_tokens, self.cache_write_tokens, self.output_tokens)

    @property
    def is_reported(self) -> bool:
        """Whether the cost was given with the request, so that no price of ours was asked."""
        return self.cost_status in {"reported", "estimated"} and self.price_id is None

    @property
    def usage(self) -> Usage:
        """The request as the engine rates it; a cost that was given is where its rating begins."""
        return Usage(
            self.tokens,
            self.status,
            self.key_mode,
            self.vendor_cost_usd if self.is_reported else None,
            cost_estimated=self.cost_status == "estimated",
        )

    @property
    def price(self) -> Price | None:
        """The stored price, None where none was asked."""
        return price_of(self)

    @property
    def policy(self) -> Policy:
        """What a credit was worth and the step of a charge when the request started; as stored where nothing is known."""
        return Policy(self.policy_unit_usd or self.unit_usd, self.policy_increment or self.increment)

    @property
    def took(self) -> str | None:
        """How long the answer took, in seconds with one decimal."""
        return None if self.processing_time_ms is None else f"{Decimal(self.processing_time_ms) / 1000:,.1f} s"

    @property
    def list_revenue_usd(self) -> Decimal:
        """What the credits taken are worth, USD."""
        return self.credits_deducted * self.unit_usd


@dataclass(frozen=True, slots=True)
class GrantFound:
    """A grant as an entry found it: credits before, what the entry moved (out negative), USD realised by that."""

    seq: int
    id: UUID
    source: str
    category: str
    origin: str
    granted: Decimal
    paid_usd: Decimal
    effective_at: datetime
    expires_at: datetime | None
    expiry_posted_at: datetime | None
    priority: int
    replaces_source_id: UUID | None
    remaining_now: Decimal
    remaining_before: Decimal
    amount: Decimal
    realised_revenue_usd: Decimal
    position: int | None

    @property
    def grant(self) -> Grant:
        """The grant as charging saw it."""
        return Grant(
            self.id,
            self.granted,
            self.remaining_before,
            self.paid_usd,
            self.effective_at,
            self.expires_at,
            self.priority,
        )

    @property
    def remaining_after(self) -> Decimal:
        """What the entry left in it."""
        return self.remaining_before + self.amount

    @property
    def paid_each_usd(self) -> Decimal:
        """What was paid for one credit of it, USD."""
        return self.paid_usd / self.granted


@dataclass(frozen=True, slots=True)
class CorrectionFound:
    """A signed difference found later, USD and credits, and the price it went by."""

    request_id: UUID
    n: int
    created_at: datetime
    reason: str
    operator: str | None
    deduction_seq: int | None
    prices_request: bool
    vendor_cost_usd: Decimal
    value_usd: Decimal
    credits_due: Decimal
    credits_deducted: Decimal
    credits_uncovered: Decimal
    rounding_gain_usd: Decimal
    realised_revenue_usd: Decimal
    price_id: UUID | None
    price_from: datetime | None
    price_source: str | None
    input_usd: Decimal | None
    output_usd: Decimal | None
    cached_usd: Decimal | None
    written_usd: Decimal | None
    threshold_tokens: int | None
    high_input_usd: Decimal | None
    high_output_usd: Decimal | None
    high_cached_usd: Decimal | None
    high_written_usd: Decimal | None

    @property
    def price(self) -> Price | None:
        """The price it was corrected to."""
        return price_of(self)


receipt_usage = Query("support/receipt_usage", UsageFacts)
receipt_grants = Query("support/receipt_grants", GrantFound)
receipt_corrections = Query("support/receipt_corrections", CorrectionFound)


def usage_of(connection: Connection, customer_id: UUID, request_id: UUID) -> UsageFacts | None:
    """Return one request, or None if there is none."""
    return next(iter(receipt_usage.all(connection, customer_id=customer_id, request_id=request_id)), None)


def price_of(row: UsageFacts | CorrectionFound) -> Price | None:
    """The price a row was rated by, as the engine knows it."""
    if row.price_id is None or row.input_usd is None or row.output_usd is None:
        return None
    high = (
        None
        if row.high_input_usd is None or row.high_output_usd is None
        else Rates(row.high_input_usd, row.high_output_usd, row.high_cached_usd, row.high_written_usd)
    )
    rates = Rates(row.input_usd, row.output_usd, row.cached_usd, row.written_usd)
    return Price(row.price_id, rates, row.threshold_tokens, high)
