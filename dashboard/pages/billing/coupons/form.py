"""The form of a coupon: what was typed, and the order it makes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from dashboard.engine.coupon_faults import MOST_CODES, faults_of_coupon
from dashboard.engine.coupons import CREDITS_LIVE_DAYS, CouponOrder, CouponTerms, code_of, coupon_terms_of, new_codes
from dashboard.engine.fields import as_uuid
from dashboard.ui.format import exact

NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
PREFIX = re.compile(r"[A-Z0-9][A-Z0-9_-]{1,39}")
NO_NUMBER = "Give a number, such as 25 or 4.50."
NO_DAY = "Give a day such as 2027-01-31."
RULE_FIELDS = ("specific_email_domain", "minimum_credit_balance", "exclude_refunded_users")
RULE_TICKS = ("first_time_user_only", "require_payment_method")


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the fields, what is wrong with it, and the order it makes; None where it makes none."""

    typed: Mapping[str, Any]
    errors: dict[str, str] = field(default_factory=dict)
    order: CouponOrder | None = None
    codes: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether it can be proposed as it stands."""
        return self.order is not None and not self.errors


def empty_form(tiers: list[str], now: datetime) -> Form:
    """A form to begin with: a coupon of credits for everybody, from today on."""
    typed = {
        "coupon_type": "fixed_amount",
        "discount_type": "credits",
        "max_uses_per_user": "1",
        "tiers": tiers,
        "cycles": ["monthly", "annual"],
        "valid_from": f"{now:%Y-%m-%d}",
        "credits_live_days": str(CREDITS_LIVE_DAYS),
        "is_active": "yes",
    }
    return Form(typed)


def form_of(kept: Mapping[str, Any]) -> Form:
    """A form with the terms a coupon has."""
    terms = coupon_terms_of(kept)
    rules = terms.rules
    typed = {
        "coupon_type": terms.coupon_type,
        "discount_type": terms.discount_type,
        "discount_value": exact(terms.discount_value),
        "max_uses": "" if terms.max_uses is None else str(terms.max_uses),
        "max_uses_per_user": str(terms.max_uses_per_user),
        "min_purchase_amount": "" if terms.min_purchase_amount is None else exact(terms.min_purchase_amount),
        "tiers": terms.tier_eligibility,
        "cycles": terms.billing_cycles,
        "valid_from": f"{terms.valid_from:%Y-%m-%d}",
        "last_day": f"{terms.valid_until - timedelta(days=1):%Y-%m-%d}" if terms.valid_until else "",
        "credits_live_days": str(terms.credits_live_days),
        "campaign": str(terms.campaign_id or ""),
        "description": terms.description or "",
        "is_active": "yes" if terms.is_active else "",
        **{name: _rule_text(rules.get(name)) for name in RULE_FIELDS},
        **{name: "yes" if rules.get(name) else "" for name in RULE_TICKS},
    }
    return Form(typed)


def read_form(
    given: MultiDict[str, str], now: datetime, coupon_id: UUID | None = None, *, makes_codes: bool = False
) -> Form:
    """Read what was typed; codes to be made up are made only where the form is sent."""
    typed: dict[str, Any] = {name: given.get(name, "").strip() for name in given}
    typed["tiers"], typed["cycles"] = given.getlist("tiers"), given.getlist("cycles")
    errors: dict[str, str] = {}
    terms = _terms(typed, errors, now)
    codes = [] if coupon_id else _codes(typed, errors, makes_codes=makes_codes)
    based_on = typed.get("based_on", "")
    order = CouponOrder(
        terms,
        codes,
        typed.get("why", ""),
        coupon_id=coupon_id,
        based_on=int(based_on) if based_on.isascii() and based_on.isdigit() else None,
        urgent=typed.get("urgent") == "yes",
    )
    many = int(typed["many"]) if typed.get("prefix") and typed.get("many", "").isdigit() else len(codes)
    return Form(typed, {**faults_of_coupon(order, now), **errors}, order, many)


def _terms(typed: Mapping[str, Any], errors: dict[str, str], now: datetime) -> CouponTerms:
    last_day = _day(typed, "last_day", errors)
    return CouponTerms(
        coupon_type=typed.get("coupon_type", ""),
        discount_type=typed.get("discount_type", ""),
        discount_value=_number(typed, "discount_value", errors) or Decimal(0),
        max_uses=_whole(typed, "max_uses", errors),
        max_uses_per_user=_whole(typed, "max_uses_per_user", errors) or 0,
        min_purchase_amount=_number(typed, "min_purchase_amount", errors),
        tier_eligibility=typed["tiers"],
        billing_cycles=typed["cycles"],
        valid_from=_day(typed, "valid_from", errors) or now,
        valid_until=last_day + timedelta(days=1) if last_day else None,
        credits_live_days=_whole(typed, "credits_live_days", errors) or 0,
        campaign_id=as_uuid(typed.get("campaign", "")),
        description=typed.get("description") or None,
        is_active=typed.get("is_active") == "yes",
        rules=_rules(typed, errors),
    )


def _codes(typed: Mapping[str, Any], errors: dict[str, str], *, makes_codes: bool) -> list[str]:
    prefix, many = code_of(typed.get("prefix", "")), typed.get("many", "")
    if not prefix:
        return [code_of(line) for line in typed.get("codes", "").split() if line]
    if not PREFIX.fullmatch(prefix):
        errors["prefix"] = "Give 2 to 40 letters or digits to begin the codes with."
        return ["ABC"]
    if not (many.isascii() and many.isdigit() and len(many) < 6 and 1 <= int(many) <= MOST_CODES):  # noqa: PLR2004
        errors["many"] = f"Give a number of codes, 1 to {MOST_CODES:,}."
        return ["ABC"]
    return new_codes(prefix, int(many)) if makes_codes else [f"{prefix}-XXXXXXXX"]


def _rules(typed: Mapping[str, Any], errors: dict[str, str]) -> dict[str, object]:
    rules: dict[str, object] = {name: True for name in RULE_TICKS if typed.get(name) == "yes"}
    domains = re.split(r"[\s,]+", typed.get("specific_email_domain", "").lower().strip())
    if domains != [""]:
        rules["specific_email_domain"] = [domain for domain in domains if domain]
    if typed.get("minimum_credit_balance"):
        rules["minimum_credit_balance"] = typed["minimum_credit_balance"]
    days = _whole(typed, "exclude_refunded_users", errors)
    if days is not None:
        rules["exclude_refunded_users"] = days
    return rules


def _number(typed: Mapping[str, Any], name: str, errors: dict[str, str]) -> Decimal | None:
    text = typed.get(name, "").removeprefix("$").removesuffix("%").strip()
    if not text:
        return None
    if NUMBER.fullmatch(text):
        return Decimal(text)
    errors[name] = NO_NUMBER
    return None


def _whole(typed: Mapping[str, Any], name: str, errors: dict[str, str]) -> int | None:
    text = typed.get(name, "")
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 10:  # noqa: PLR2004 - as many as the table takes
        return int(text)
    errors[name] = "Give a whole number."
    return None


def _day(typed: Mapping[str, Any], name: str, errors: dict[str, str]) -> datetime | None:
    text = typed.get(name, "")
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        errors[name] = NO_DAY
        return None


def _rule_text(value: object) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
