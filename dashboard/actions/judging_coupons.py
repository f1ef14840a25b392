"""What is known of a coupon and of who would redeem it, put together for the twelve checks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.coupon_checks import CampaignFacts, Checked, CouponFacts, check_coupon, first_refusal
from dashboard.engine.coupons import ON_A_PRICE, CouponTerms, code_of, coupon_terms_of, discount_usd, worth_usd
from dashboard.engine.errors import RuleBrokenError
from dashboard.store.redemptions import CouponSeen, coupon_seen

BOT = re.compile(r"bot|crawl|spider|headless|curl|wget|python-requests", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is being bought with a coupon; its discount goes onto the invoice of whoever sells it."""

    price_usd: Decimal
    tier: str
    billing_cycle: str | None = None
    subscription_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """What was seen of a device: the SHA-256 of its fingerprint, and how it calls itself."""

    fingerprint: bytes
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class RedemptionWanted:
    """A customer who would redeem a code; a redemption whose id is known already is answered as it stands."""

    user_id: UUID
    code: str
    purchase: Purchase | None = None
    device: Device | None = None
    redemption_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What the checks found, and what the coupon would give: USD off a price, and its worth in all."""

    seen: CouponSeen
    terms: CouponTerms | None
    facts: CouponFacts
    checks: list[Checked]
    original_usd: Decimal | None
    discount_usd: Decimal
    worth_usd: Decimal

    @property
    def refusal(self) -> Checked | None:
        """The first check that refuses, or None."""
        return first_refusal(self.checks)

    @property
    def is_flagged(self) -> bool:
        """Whether a check that only flags found something."""
        return any(check.flags_only and not check.passed for check in self.checks)


def judge_coupon(connection: Connection, wanted: RedemptionWanted, now: datetime) -> Judged:
    """Run the twelve checks on what the connection sees; RuleBrokenError where there is no such customer."""
    found = coupon_seen.all(
        connection,
        user_id=wanted.user_id,
        code=code_of(wanted.code),
        fingerprint=wanted.device.fingerprint if wanted.device else None,
        now=now,
    )
    if not found:
        raise RuleBrokenError("There is no such customer. Nothing was changed.")
    seen = found[0]
    terms = coupon_terms_of(seen.terms) if seen.terms else None
    price = _price(seen, terms, wanted.purchase)
    off = discount_usd(terms, price) if terms and price is not None else Decimal(0)
    worth = worth_usd(terms, price or Decimal(0), seen.month_usd, seen.unit_usd) if terms else Decimal(0)
    facts = _facts(seen, terms, wanted, price, worth, now)
    return Judged(seen, terms, facts, check_coupon(facts), price, off, worth)


def _price(seen: CouponSeen, terms: CouponTerms | None, purchase: Purchase | None) -> Decimal | None:
    """The price a discount lowers: of what is bought, else of the plan there is, towards its next invoice."""
    if purchase is not None:
        return purchase.price_usd
    if terms is None or terms.discount_type not in ON_A_PRICE or seen.subscription_id is None:
        return None
    return seen.cycle_usd or None


def _facts(
    seen: CouponSeen,
    terms: CouponTerms | None,
    wanted: RedemptionWanted,
    price: Decimal | None,
    worth: Decimal,
    now: datetime,
) -> CouponFacts:
    purchase = wanted.purchase
    is_bot = wanted.device is not None and BOT.search(wanted.device.user_agent) is not None
    return CouponFacts(
        now=now,
        terms=terms,
        total_uses=seen.total_uses or 0,
        uses_by_customer=seen.uses_by_customer,
        campaign=_campaign(seen.campaign) if seen.campaign else None,
        tier=purchase.tier if purchase else seen.tier,
        billing_cycle=purchase.billing_cycle if purchase else seen.billing_cycle,
        has_subscription=seen.subscription_id is not None,
        purchase_usd=price,
        worth_usd=worth,
        email_domain=seen.email.rpartition("@")[2].lower(),
        balance=seen.balance,
        has_ever_paid=seen.has_ever_paid,
        days_since_refund=(now - seen.last_refund_at).days if seen.last_refund_at else None,
        has_payment_method=seen.has_payment_method,
        critical_flags=seen.critical_flags + is_bot,
        attempts_last_hour=seen.attempts_last_hour,
        customers_on_device=seen.customers_on_device,
    )


def _campaign(row: Mapping[str, Any]) -> CampaignFacts:
    return CampaignFacts(
        is_active=row["is_active"],
        start_date=datetime.fromisoformat(row["start_date"]),
        end_date=datetime.fromisoformat(row["end_date"]),
        budget_limit_usd=Decimal(row["budget_limit_usd"]),
        total_spent_usd=Decimal(row["total_spent_usd"]),
        target_tier=row["target_tier"],
    )
