"""What the terms of coupons and campaigns cannot say, by field."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from dashboard.engine.coupons import (
    CAMPAIGN_TYPES,
    CENT,
    CODE,
    COUPON_TYPES,
    CYCLES,
    DISCOUNTS_OF,
    HUNDRED,
    RULES,
    CampaignOrder,
    CouponOrder,
    CouponTerms,
)
from dashboard.engine.money import decimals

LONGEST_DAYS = 3_650
MOST_CODES = 5_000
MOST_USES = 1_000_000_000
MOST_MONTHS = 24
MOST_USD = Decimal("9999999.99")
MOST_CREDITS = Decimal(1_000_000_000)
LONGEST_WORDS = 500
DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


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
