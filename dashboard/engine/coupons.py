"""Coupons and campaigns: what one promises, what it must keep, what it is worth (domain §11)."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any
from uuid import UUID

from dashboard.engine.money import EXACT

COUPON_TYPES = ("percentage", "fixed_amount", "tier_specific", "duration_bonus", "perpetual_migration")
DISCOUNT_TYPES = ("percentage", "fixed_amount", "credits", "months_free")
# Which discounts a type may carry.
DISCOUNTS_OF: dict[str, tuple[str, ...]] = {
    "percentage": ("percentage",),
    "fixed_amount": ("fixed_amount", "credits"),
    "tier_specific": DISCOUNT_TYPES,
    "duration_bonus": ("months_free",),
    "perpetual_migration": ("percentage", "fixed_amount", "credits"),
}
# The discounts that lower a price; the others give credits or months and lower none.
ON_A_PRICE = frozenset({"percentage", "fixed_amount"})
CAMPAIGN_TYPES = ("seasonal", "win_back", "referral", "promotional", "early_bird")
CYCLES = ("monthly", "annual", "lifetime")
RULES = (
    "first_time_user_only",
    "specific_email_domain",
    "minimum_credit_balance",
    "exclude_refunded_users",
    "require_payment_method",
)
REFUNDED_WITHIN_DAYS = 90
CREDITS_LIVE_DAYS = 365
CENT = Decimal("0.01")
HUNDRED = Decimal(100)
# Without 0, 1, I and O, which are read for one another.
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,49}")

# Why a redemption is taken back.
REVERSAL_CAUSES = {
    "mistake": "Redeemed by mistake",
    "abuse": "Abuse",
    "refund": "The purchase was refunded",
    "cancelled": "The purchase was cancelled",
    "other": "Another reason",
}

# Why an approved change could not be carried out; the database's outcomes.
REFUSALS = {
    "changed": "It has other terms meanwhile: look again and propose it anew.",
    "code_taken": "One of the codes is taken; a code is never given twice.",
    "below_used": "It has been used more often, or has spent more, than the new limit allows.",
    "no_campaign": "Its campaign is not there any more.",
    "past": "Its end is over already: propose it anew.",
}


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """What a coupon gives, to whom, when and how often; `discount_value` is percent, USD, credits or months."""

    coupon_type: str
    discount_type: str
    discount_value: Decimal
    max_uses: int | None
    max_uses_per_user: int
    min_purchase_amount: Decimal | None
    tier_eligibility: list[str]
    billing_cycles: list[str]
    valid_from: datetime
    valid_until: datetime | None
    credits_live_days: int = CREDITS_LIVE_DAYS
    campaign_id: UUID | None = None
    description: str | None = None
    is_active: bool = True
    # Rule by its name: true, a list of e-mail domains, a number of credits, a number of days.
    rules: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CouponOrder:
    """New coupons of the same terms, one for each code; or, with `coupon_id`, other terms for one, made from version `based_on`."""

    terms: CouponTerms
    codes: list[str]
    why: str
    coupon_id: UUID | None = None
    based_on: int | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class CampaignTerms:
    """When a campaign runs, what its coupons may give away in all, USD, and for which tier."""

    campaign_name: str
    campaign_type: str
    start_date: datetime
    end_date: datetime
    budget_limit_usd: Decimal
    target_tier: str | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class CampaignOrder:
    """A new campaign, or other terms for one, made from version `based_on`."""

    terms: CampaignTerms
    why: str
    campaign_id: UUID | None = None
    based_on: int | None = None
    urgent: bool = False


COUPON_KINDS: dict[str, type[CouponOrder] | type[CampaignOrder]] = {
    "coupon_terms": CouponOrder,
    "campaign_terms": CampaignOrder,
}


def code_of(typed: str) -> str:
    """A code as it is kept: upper case, without the blanks around it."""
    return typed.strip().upper()


def new_codes(prefix: str, many: int) -> list[str]:
    """Return that many different codes nobody can guess: `SPRING-7KQ2M9XA`."""
    found: set[str] = set()
    while len(found) < many:
        found.add(f"{prefix}-{''.join(secrets.choice(LETTERS) for _ in range(8))}")
    return sorted(found)


def discount_usd(terms: CouponTerms, price_usd: Decimal) -> Decimal:
    """What a coupon takes off a price, USD in whole cents: a percentage of it, or an amount, never more than the price."""
    if terms.discount_type not in ON_A_PRICE:
        return Decimal(0)
    with localcontext(EXACT):
        if terms.discount_type == "percentage":
            wanted = (price_usd * terms.discount_value / HUNDRED).quantize(CENT, rounding=ROUND_HALF_EVEN)
        else:
            wanted = terms.discount_value
        return min(wanted, price_usd)


def worth_usd(terms: CouponTerms, price_usd: Decimal, month_usd: Decimal, unit_usd: Decimal) -> Decimal:
    """What a coupon gives away, USD: what it takes off, the credits at their unit value, the months at a month's price."""
    with localcontext(EXACT):
        if terms.discount_type == "credits":
            return terms.discount_value * unit_usd
        if terms.discount_type == "months_free":
            return terms.discount_value * month_usd
    return discount_usd(terms, price_usd)


def coupon_order_of(kind: str, payload: Mapping[str, Any]) -> CouponOrder | CampaignOrder:
    """Read an order back from what a request for approval keeps."""
    given = dict(payload)
    if kind == "coupon_terms":
        coupon_id = None if given["coupon_id"] is None else UUID(given["coupon_id"])
        return CouponOrder(**{**given, "terms": coupon_terms_of(given["terms"]), "coupon_id": coupon_id})
    campaign_id = None if given["campaign_id"] is None else UUID(given["campaign_id"])
    return CampaignOrder(**{**given, "terms": CampaignTerms(**_read(given["terms"])), "campaign_id": campaign_id})


def coupon_terms_of(kept: Mapping[str, Any]) -> CouponTerms:
    """Read terms back from how they are kept."""
    return CouponTerms(**_read(kept))


def in_words(terms: CouponTerms) -> str:
    """What it gives in a few words: `25% off`, `$10.00 off`, `20 credits`, `2 months free`."""
    plain = f"{terms.discount_value.normalize():,f}"
    return {
        "percentage": f"{plain}% off",
        "fixed_amount": f"${terms.discount_value:,.2f} off",
        "credits": f"{plain} credits",
        "months_free": f"{plain} {'month' if terms.discount_value == 1 else 'months'} free",
    }[terms.discount_type]


def _read(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _READ[name](value) if value is not None and name in _READ else value for name, value in kept.items()}


_READ: dict[str, Any] = {
    "discount_value": Decimal,
    "min_purchase_amount": Decimal,
    "budget_limit_usd": Decimal,
    "campaign_id": UUID,
    **dict.fromkeys(("valid_from", "valid_until", "start_date", "end_date"), datetime.fromisoformat),
}
