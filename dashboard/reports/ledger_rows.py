"""Ledger rows: a page of them by a place in their order, all of them for a file, and what they add up to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine import margin
from dashboard.engine.periods import Period
from dashboard.reports.filters import Filters, days
from dashboard.sql import Query

ROWS_PER_PAGE = 50
COSTS = {
    "priced": ("reported", "computed", "estimated"),
    "estimated": ("estimated",),
    "unpriced": ("unpriced",),
    "none": ("none",),
}
CORRECTED = (
    "vendor_cost_usd",
    "credit_value_usd",
    "credits_due",
    "credits_deducted",
    "credits_uncovered",
    "list_revenue_usd",
    "realised_revenue_usd",
    "rounding_gain_usd",
)
LAST_ID = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One request as it was charged; amounts in USD and credits, None where its model has no price."""

    accounted_at: datetime
    started_at: datetime
    customer_id: UUID
    request_id: UUID
    external_id: str | None
    customer: str
    provider: str
    provider_title: str
    model: str
    service: str
    tier: str
    request_type: str
    status: str
    key_mode: str
    cost_status: str
    input_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    output_tokens: int
    vendor_cost_usd: Decimal | None
    multiplier_scope: str
    multiplier: Decimal
    credit_value_usd: Decimal | None
    credits_due: Decimal
    credits_deducted: Decimal
    credits_uncovered: Decimal
    list_revenue_usd: Decimal | None
    realised_revenue_usd: Decimal | None
    rounding_gain_usd: Decimal

    @property
    def tokens_in(self) -> int:
        """Everything the model read: uncached, cached and written to the cache."""
        return self.input_tokens + self.cached_input_tokens + self.cache_write_tokens

    @property
    def is_unpriced(self) -> bool:
        """Whether nobody knows what it cost."""
        return self.vendor_cost_usd is None

    @property
    def gross_margin_usd(self) -> Decimal | None:
        """List revenue − vendor cost, USD."""
        if self.list_revenue_usd is None or self.vendor_cost_usd is None:
            return None
        return margin.margin_usd(self.list_revenue_usd, self.vendor_cost_usd)

    @property
    def margin_percent(self) -> Decimal | None:
        """Gross margin in percent of list revenue; None without revenue."""
        if self.list_revenue_usd is None or self.vendor_cost_usd is None:
            return None
        return margin.margin_percent(self.list_revenue_usd, self.vendor_cost_usd)


@dataclass(frozen=True, slots=True)
class Totals:
    """What the rows add up to, before what was reversed in the same days."""

    requests: int
    priced_requests: int
    unpriced_requests: int
    tokens_in: Decimal
    tokens_out: Decimal
    vendor_cost_usd: Decimal
    credit_value_usd: Decimal
    credits_due: Decimal
    credits_deducted: Decimal
    credits_uncovered: Decimal
    list_revenue_usd: Decimal
    realised_revenue_usd: Decimal
    rounding_gain_usd: Decimal
    credits_reversed: Decimal
    list_reversed_usd: Decimal
    realised_reversed_usd: Decimal

    @property
    def uncharged_requests(self) -> int:
        """Requests that neither cost nor charge."""
        return self.requests - self.priced_requests - self.unpriced_requests

    @property
    def gross_margin_usd(self) -> Decimal:
        """List revenue − vendor cost, USD."""
        return margin.margin_usd(self.list_revenue_usd, self.vendor_cost_usd)

    @property
    def margin_percent(self) -> Decimal | None:
        """Gross margin in percent of list revenue; None without revenue."""
        return margin.margin_percent(self.list_revenue_usd, self.vendor_cost_usd)

    def without(self, corrections: "Corrections") -> "Totals":
        """Return what the rows alone add up to."""
        return replace(
            self,
            priced_requests=self.priced_requests - corrections.priced_requests,
            unpriced_requests=self.unpriced_requests + corrections.priced_requests,
            **{name: getattr(self, name) - getattr(corrections, name) for name in CORRECTED},
        )

    def net_of_reversals(self) -> "Totals":
        """Return the same with what was reversed in these days taken back."""
        return replace(
            self,
            credits_deducted=self.credits_deducted - self.credits_reversed,
            list_revenue_usd=self.list_revenue_usd - self.list_reversed_usd,
            realised_revenue_usd=self.realised_revenue_usd - self.realised_reversed_usd,
        )


@dataclass(frozen=True, slots=True)
class Corrections:
    """What corrections posted in the period add; they are no requests."""

    corrections: int
    priced_requests: int
    vendor_cost_usd: Decimal
    credit_value_usd: Decimal
    credits_due: Decimal
    credits_deducted: Decimal
    credits_uncovered: Decimal
    list_revenue_usd: Decimal
    realised_revenue_usd: Decimal
    rounding_gain_usd: Decimal

    @property
    def gross_margin_usd(self) -> Decimal:
        """List revenue − vendor cost, USD."""
        return margin.margin_usd(self.list_revenue_usd, self.vendor_cost_usd)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The filters every finance page knows, and two that only rows know."""

    filters: Filters
    cost: str | None = None
    uncovered: bool = False

    @property
    def only_rows_know(self) -> bool:
        """Whether the summaries cannot tell these rows from others."""
        return self.uncovered or self.cost is not None

    def parameters(self) -> dict[str, object]:
        """The parameters of a query over rows."""
        return {
            **self.filters.parameters_with_customers(),
            "cost_statuses": list(COSTS[self.cost]) if self.cost else None,
            "uncovered": self.uncovered,
        }


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order of rows: newest first, then customer, then request."""

    at: datetime
    customer_id: UUID
    request_id: UUID


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Rows newest first, and whether there are others on either side."""

    rows: list[LedgerRow]
    has_newer: bool
    has_older: bool


ledger_rows = Query("finance/ledger_rows", LedgerRow)
ledger_rows_newer = Query("finance/ledger_rows_newer", LedgerRow)
ledger_row_totals = Query("finance/ledger_row_totals", Totals)
ledger_row_totals_by_customer = Query("finance/ledger_row_totals_by_customer", Totals)
ledger_row_corrections = Query("finance/ledger_row_corrections", Corrections)


def older_page(connection: Connection, period: Period, asked: Narrowing, place: Place | None) -> LedgerPage:
    """Return the page that starts below a place, or the newest page."""
    found = ledger_rows.all(connection, **_page(period, asked, place or above(period)))
    return LedgerPage(found[:ROWS_PER_PAGE], has_newer=place is not None, has_older=len(found) > ROWS_PER_PAGE)


def newer_page(connection: Connection, period: Period, asked: Narrowing, place: Place) -> LedgerPage:
    """Return the page that ends above a place; the newest page where that would not be full."""
    found = ledger_rows_newer.all(connection, **_page(period, asked, place))
    if len(found) <= ROWS_PER_PAGE:
        return older_page(connection, period, asked, None)
    return LedgerPage(found[:ROWS_PER_PAGE][::-1], has_newer=True, has_older=True)


def every_row(connection: Connection, period: Period, asked: Narrowing) -> Iterator[LedgerRow]:
    """Read all rows, newest first, a few at a time."""
    return ledger_rows.each(connection, **{**_page(period, asked, above(period)), "most": None})


def totals(connection: Connection, period: Period, filters: Filters) -> Totals:
    """Add up all rows of a period from the summaries, corrections included."""
    if filters.customers:
        given = {**days(period), **filters.parameters_with_customers()}
        return ledger_row_totals_by_customer.one(connection, **given)
    return ledger_row_totals.one(connection, **days(period), **filters.parameters())


def corrections(connection: Connection, period: Period, filters: Filters) -> Corrections:
    """Add up what corrections posted in a period change."""
    return ledger_row_corrections.one(connection, **days(period), **filters.parameters_with_customers())


def above(period: Period) -> Place:
    """Return the place above every row of a period."""
    return Place(datetime.combine(period.end, time(), UTC), LAST_ID, LAST_ID)


def _page(period: Period, asked: Narrowing, place: Place) -> dict[str, object]:
    return {
        **days(period),
        **asked.parameters(),
        "at": place.at,
        "user_id": place.customer_id,
        "request_id": place.request_id,
        "most": ROWS_PER_PAGE + 1,
    }
