"""The sums every report is made of, and the ratios derived from them."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from operator import attrgetter
from typing import Any

from dashboard.engine import margin

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over any set of requests: counts, credits, USD. Revenue is net of reversals."""

    requests: int = 0
    priced_requests: int = 0
    unpriced_requests: int = 0
    vendor_cost_usd: Decimal = ZERO
    credit_value_usd: Decimal = ZERO
    credits_due: Decimal = ZERO
    credits_deducted: Decimal = ZERO
    credits_uncovered: Decimal = ZERO
    credits_reversed: Decimal = ZERO
    list_revenue_usd: Decimal = ZERO
    realised_revenue_usd: Decimal = ZERO

    def __add__(self, other: "Figures") -> "Figures":
        return total((self, other))

    @property
    def gross_margin_usd(self) -> Decimal:
        """List revenue − vendor cost, USD."""
        return margin.margin_usd(self.list_revenue_usd, self.vendor_cost_usd)

    @property
    def margin_percent(self) -> Decimal | None:
        """Gross margin in percent of list revenue; None without revenue."""
        return margin.margin_percent(self.list_revenue_usd, self.vendor_cost_usd)

    @property
    def realised_margin_usd(self) -> Decimal:
        """Realised revenue − vendor cost, USD."""
        return margin.margin_usd(self.realised_revenue_usd, self.vendor_cost_usd)

    @property
    def realised_margin_percent(self) -> Decimal | None:
        """Realised margin in percent of realised revenue; None without revenue."""
        return margin.margin_percent(self.realised_revenue_usd, self.vendor_cost_usd)

    @property
    def coverage_percent(self) -> Decimal | None:
        """Priced ÷ (priced + unpriced) requests in percent."""
        return margin.coverage_percent(self.priced_requests, self.unpriced_requests)

    @property
    def uncharged_requests(self) -> int:
        """Requests that neither cost nor charge: failed, limited, or on the customer's own key."""
        return self.requests - self.priced_requests - self.unpriced_requests

    @property
    def is_unpriced(self) -> bool:
        """Whether nothing here has a price, so that no amount is known."""
        return self.priced_requests == 0 and self.unpriced_requests > 0


def total(rows: Iterable[object]) -> Figures:
    """Add up anything that carries these fields, field by field; nothing at all is zero."""
    taken: list[tuple[Any, ...]] = [_FIELDS(row) for row in rows]
    sums: list[Any] = [sum(column) for column in zip(*taken, strict=True)]
    return Figures(*sums)


_FIELDS = attrgetter(*(field.name for field in fields(Figures)))
