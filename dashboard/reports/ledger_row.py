"""One ledger row: what it used, by which price and rule it was charged, and which grants paid it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine import margin
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class ChargedRow:
    """One request with its price (USD per 1,000 tokens), its rule and its entry in the credit ledger."""

    customer_id: UUID
    request_id: UUID
    external_id: str | None
    customer: str
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
    processing_time_ms: int | None
    posted_at: datetime
    accounted_at: datetime
    input_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    output_tokens: int
    input_price_usd: Decimal | None
    cached_price_usd: Decimal | None
    written_price_usd: Decimal | None
    output_price_usd: Decimal | None
    is_high_context: bool
    price_from: datetime | None
    price_source: str | None
    vendor_cost_usd: Decimal | None
    multiplier_scope: str
    multiplier: Decimal
    credit_value_usd: Decimal | None
    unit_usd: Decimal
    increment: Decimal
    credits_due: Decimal
    credits_deducted: Decimal
    credits_uncovered: Decimal
    rounding_gain_usd: Decimal
    list_revenue_usd: Decimal
    realised_revenue_usd: Decimal
    deduction_seq: int | None
    balance_before: Decimal | None
    balance_after: Decimal | None

    @property
    def gross_margin_usd(self) -> Decimal | None:
        """List revenue − vendor cost, USD."""
        return None if self.vendor_cost_usd is None else margin.margin_usd(self.list_revenue_usd, self.vendor_cost_usd)

    @property
    def realised_margin_usd(self) -> Decimal | None:
        """Realised revenue − vendor cost, USD."""
        if self.vendor_cost_usd is None:
            return None
        return margin.margin_usd(self.realised_revenue_usd, self.vendor_cost_usd)

    @property
    def buckets(self) -> list[tuple[str, int, Decimal | None, Decimal | None]]:
        """Name, tokens, price per 1,000 and cost in USD of each bucket; no cost where it was not computed from them."""
        parts = (
            ("Input, uncached", self.input_tokens, self.input_price_usd),
            ("Input, read from cache", self.cached_input_tokens, self.cached_price_usd),
            ("Input, written to cache", self.cache_write_tokens, self.written_price_usd),
            ("Output", self.output_tokens, self.output_price_usd),
        )
        return [(name, tokens, price, _cost(tokens, price)) for name, tokens, price in parts]


@dataclass(frozen=True, slots=True)
class Draw:
    """What one grant paid of a charge; credits, and USD realised by them."""

    position: int
    source: str
    category: str
    effective_at: datetime
    expires_at: datetime | None
    credits: Decimal
    remaining_after: Decimal
    realised_revenue_usd: Decimal


@dataclass(frozen=True, slots=True)
class Correction:
    """A signed difference found later; USD and credits."""

    n: int
    created_at: datetime
    vendor_cost_usd: Decimal
    credit_value_usd: Decimal
    credits_due: Decimal
    credits_deducted: Decimal
    credits_uncovered: Decimal
    gross_margin_usd: Decimal
    prices_request: bool
    reason: str


ledger_row = Query("finance/ledger_row", ChargedRow)
corrections_of_row = Query("finance/corrections_of_row", Correction)
ledger_row_draws = Query("finance/ledger_row_draws", Draw)


def charged_row(connection: Connection, customer_id: UUID, request_id: UUID) -> ChargedRow | None:
    """Return one row, or None if there is none."""
    found = ledger_row.all(connection, customer_id=customer_id, request_id=request_id)
    return found[0] if found else None


def draws(connection: Connection, row: ChargedRow) -> list[Draw]:
    """Return the grants a row drew from, in order."""
    if row.deduction_seq is None:
        return []
    return ledger_row_draws.all(connection, customer_id=row.customer_id, seq=row.deduction_seq)


def _cost(tokens: int, price_per_1k_usd: Decimal | None) -> Decimal | None:
    return None if price_per_1k_usd is None else tokens * price_per_1k_usd / 1000
