"""Coupons and campaigns: what one promises, what it must keep, what it is worth (domain §11)."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any
from uuid import UUID

from dashboard.engine.money import EXACT, decimals

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
LONGEST_DAYS = 3_650
CREDITS_LIVE_DAYS = 365
MOST_CODES = 5_000
MOST_USES = 1_000_000_000
MOST_MONTHS = 24
MOST_USD = Decimal("9999999.99")
MOST_CREDITS = Decimal(1_000_000_000)
LONGEST_WORDS = 500
CENT = Decimal("0.01")
HUNDRED = Decimal(100)
# Without 0, 1, I and O, which are read for one another.
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,49}")
DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")

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


def faults_of_coupon(order: CouponOrder, now: datetime) -> dict[str, str]:
    """Return what a coupon cannot say, by field."""
    terms = order.terms
    found = (
        _faults_of_codes(order) | _faults_of_words(order.why) | _faults_of_discount(terms) | _faults_of_limits(terms)
    )
    if terms.valid_until is not None and terms.valid_until <= max(terms.valid_from, now):
        found["valid_until"] = "Give an end after its start that is still to come, or none."
    if not terms.tier_eligibility:
        found["tier_eligibility"] = "Choose at least one tier."
    if not terms.billing_cycles or set(terms.billing_cycles) - set(CYCLES):
        found["billing_cycles"] = f"Choose at least one of {', '.join(CYCLES)}."
    if terms.description is not None and not (0 < len(terms.description) <= LONGEST_WORDS):
        found["description"] = f"Describe it in at most {LONGEST_WORDS} characters, or not at all."
    return found | _faults_of_rules(terms.rules)


def faults_of_campaign(order: CampaignOrder, now: datetime) -> dict[str, str]:
    """Return what a campaign cannot say, by field."""
    terms, found = order.terms, _faults_of_words(order.why)
    if not (terms.campaign_name.strip() and len(terms.campaign_name) <= 255):  # noqa: PLR2004 - as the table keeps it
        found["campaign_name"] = "Give a name of 1 to 255 characters."
    if terms.campaign_type not in CAMPAIGN_TYPES:
        found["campaign_type"] = f"Choose one of {', '.join(CAMPAIGN_TYPES)}."
    if terms.end_date <= max(terms.start_date, now):
        found["end_date"] = "Give an end after its start that is still to come."
    if not _is_number(terms.budget_limit_usd, CENT, MOST_USD, 2):
        found["budget_limit_usd"] = "Give a budget above zero, in US dollars and whole cents."
    return found


def coupon_order_of(kind: str, payload: Mapping[str, Any]) -> CouponOrder | CampaignOrder:
    """Read an order back from what a request for approval keeps."""
    given = dict(payload)
    terms = {name: value if value is None else _READ.get(name, _same)(value) for name, value in given["terms"].items()}
    if kind == "coupon_terms":
        coupon_id = None if given["coupon_id"] is None else UUID(given["coupon_id"])
        return CouponOrder(**{**given, "terms": CouponTerms(**terms), "coupon_id": coupon_id})
    campaign_id = None if given["campaign_id"] is None else UUID(given["campaign_id"])
    return CampaignOrder(**{**given, "terms": CampaignTerms(**terms), "campaign_id": campaign_id})


def in_words(terms: CouponTerms) -> str:
    """What it gives in a few words: `25% off`, `$10.00 off`, `20 credits`, `2 months free`."""
    plain = f"{terms.discount_value.normalize():,f}"
    return {
        "percentage": f"{plain}% off",
        "fixed_amount": f"${terms.discount_value:,.2f} off",
        "credits": f"{plain} credits",
        "months_free": f"{plain} {'month' if terms.discount_value == 1 else 'months'} free",
    }[terms.discount_type]


def _faults_of_codes(order: CouponOrder) -> dict[str, str]:
    if order.coupon_id is not None:
        return {} if not order.codes else {"codes": "A code never changes."}
    if not 1 <= len(order.codes) <= MOST_CODES:
        return {"codes": f"Give 1 to {MOST_CODES:,} codes at once."}
    if len(set(order.codes)) != len(order.codes):
        return {"codes": "A code is there twice."}
    bad = next((code for code in order.codes if not CODE.fullmatch(code)), None)
    if bad is not None:
        return {"codes": "A code has 3 to 50 characters: letters, digits, - and _, starting with a letter or digit."}
    return {}


def _faults_of_words(why: str) -> dict[str, str]:
    if why.strip() and len(why) <= LONGEST_WORDS and why.isprintable():
        return {}
    return {"why": f"Say why, in 1 to {LONGEST_WORDS} characters on one line."}


def _faults_of_discount(terms: CouponTerms) -> dict[str, str]:
    if terms.coupon_type not in COUPON_TYPES:
        return {"coupon_type": f"Choose one of {', '.join(COUPON_TYPES)}."}
    if terms.discount_type not in DISCOUNTS_OF[terms.coupon_type]:
        return {"discount_type": f"This type gives one of {', '.join(DISCOUNTS_OF[terms.coupon_type])}."}
    least, most, places, words = {
        "percentage": (CENT, HUNDRED, 2, "Give a percentage above 0 and up to 100, with at most 2 decimals."),
        "fixed_amount": (CENT, MOST_USD, 2, "Give an amount above zero, in US dollars and whole cents."),
        "credits": (Decimal("0.000001"), MOST_CREDITS, 6, "Give a number of credits above zero."),
        "months_free": (Decimal(1), Decimal(MOST_MONTHS), 0, f"Give whole months, 1 to {MOST_MONTHS}."),
    }[terms.discount_type]
    return {} if _is_number(terms.discount_value, least, most, places) else {"discount_value": words}


def _faults_of_limits(terms: CouponTerms) -> dict[str, str]:
    found = {}
    if terms.max_uses is not None and not 1 <= terms.max_uses <= MOST_USES:
        found["max_uses"] = "Give a number of uses, at least 1, or none for as many as there are."
    if not 1 <= terms.max_uses_per_user <= MOST_USES:
        found["max_uses_per_user"] = "Give a number of uses, at least 1."
    if terms.min_purchase_amount is not None and not _is_number(terms.min_purchase_amount, CENT, MOST_USD, 2):
        found["min_purchase_amount"] = "Give an amount above zero, in US dollars and whole cents, or none."
    if not 1 <= terms.credits_live_days <= LONGEST_DAYS:
        found["credits_live_days"] = f"Give a number of days from 1 to {LONGEST_DAYS:,}."
    return found


def _faults_of_rules(rules: Mapping[str, object]) -> dict[str, str]:
    found = {}
    for name, value in rules.items():
        if name not in RULES:
            found["rules"] = f"There is no rule {name}."
        elif name == "specific_email_domain":
            if not isinstance(value, list) or not value or not all(DOMAIN.fullmatch(str(one)) for one in value):
                found[name] = "Give the domains of e-mail addresses, as example.com."
        elif name == "minimum_credit_balance":
            if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", value):
                found[name] = "Give a number of credits."
        elif name == "exclude_refunded_users":
            if type(value) is not int or not 1 <= value <= LONGEST_DAYS:
                found[name] = f"Give a number of days from 1 to {LONGEST_DAYS:,}."
        elif value is not True:
            found[name] = "This rule holds or is left out."
    return found


def _is_number(value: Decimal, least: Decimal, most: Decimal, places: int) -> bool:
    return value.is_finite() and least <= value <= most and decimals(value) <= places


def _same(value: object) -> object:
    return value


_READ: dict[str, Any] = {
    "discount_value": Decimal,
    "min_purchase_amount": Decimal,
    "budget_limit_usd": Decimal,
    "campaign_id": UUID,
    **dict.fromkeys(("valid_from", "valid_until", "start_date", "end_date"), datetime.fromisoformat),
}
