"""The prices we charge: what a proposal is, and the rules it must keep (domain §7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

SCOPES = ("tier", "provider", "model", "combination")
REASONS = {
    "vendor_price_change": "A vendor changed its price",
    "tier_optimization": "To make a tier fit better",
    "margin_protection": "To protect the margin",
    "manual_adjustment": "Another reason, in the details",
    "initial_setup": "First multiplier of its kind",
}
ACKNOWLEDGEMENTS = {
    "below_cost": "This sells below what it costs us.",
    "below_floor": "This is below the floor of a tier.",
}


@dataclass(frozen=True, slots=True)
class PriceDraft:
    """A multiplier as somebody proposes it; without `effective_from` it holds from its approval on.

    `acknowledges` holds what the author knowingly takes: keys of ACKNOWLEDGEMENTS.
    `source` says where the proposal comes from, as JSON, e.g. {"kind": "scenario", "id": …}.
    """

    scope_type: str
    multiplier: Decimal
    reason: str
    tier: str | None = None
    provider: str | None = None
    model: str | None = None
    effective_from: datetime | None = None
    effective_until: datetime | None = None
    reason_details: str | None = None
    urgent: bool = False
    acknowledges: frozenset[str] = frozenset()
    target_margin_percent: Decimal | None = None
    source: Mapping[str, object] | None = None
