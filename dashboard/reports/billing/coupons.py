"""Coupons and campaigns as they stand, and what they did."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.money import EXACT
from dashboard.sql import Query

HUNDRED = Decimal(100)
MANY = 500


@dataclass(frozen=True, slots=True)
class CouponLine:
    """A coupon, how much of it is used, and what it gave away, USD."""

    id: UUID
    code: str
    version: int
    coupon_type: str
    discount_type: str
    discount_value: Decimal
    valid_from: datetime
    valid_until: datetime | None
    campaign_id: UUID | None
    campaign_name: str | None
    max_uses: int | None
    total_uses: int
    total_discount_applied_usd: Decimal
    last_used_at: datetime | None
    created_at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What coupons did in a span: redemptions, what took them back, attempts; amounts are net, USD."""

    redemptions: int
    reversals: int
    worth_usd: Decimal
    discount_usd: Decimal
    paid_after_usd: Decimal
    credits: Decimal
    attempts: int
    successes: int

    @property
    def net(self) -> int:
        """Redemptions less those taken back."""
        return self.redemptions - self.reversals

    @property
    def conversion_percent(self) -> Decimal | None:
        """Redeemed ÷ attempts; None without an attempt."""
        if not self.attempts:
            return None
        with localcontext(EXACT):
            return self.successes * HUNDRED / self.attempts

    @property
    def paid_per_discount_percent(self) -> Decimal | None:
        """Paid after discount ÷ discount: of the same purchases, so it says nothing of what would have come anyway."""
        if self.discount_usd <= 0:
            return None
        with localcontext(EXACT):
            return self.paid_after_usd * HUNDRED / self.discount_usd


@dataclass(frozen=True, slots=True)
class RedemptionLine:
    """A redemption or what took one back; credits and USD as they moved."""

    user_id: UUID
    id: UUID
    coupon_id: UUID
    code: str
    number: int
    redemption_status: str
    reverses_id: UUID | None
    discount_type: str
    credits: Decimal
    original_amount_usd: Decimal | None
    discount_applied_usd: Decimal
    final_amount_usd: Decimal | None
    worth_usd: Decimal
    applied_to: str | None
    user_tier: str
    clawback_seq: int | None
    cause: str | None
    redemption_date: datetime
    customer: str
    by_whom: str | None
    is_reversed: bool
    remaining: Decimal | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of attempts, by the code of the check that refused, or `redeemed`."""

    outcome: str
    attempts: int
    customers: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """Terms as they were approved."""

    version: int
    terms: Any
    approval_id: UUID
    created_at: datetime
    asked_by: str | None
    approved_by: str | None


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign, its budget and what is spent of it, USD."""

    id: UUID
    version: int
    campaign_name: str
    campaign_type: str
    start_date: datetime
    end_date: datetime
    budget_limit_usd: Decimal
    total_spent_usd: Decimal
    target_tier: str | None
    is_active: bool
    coupons: int
    uses: int
    status: str

    @property
    def spent_percent(self) -> Decimal:
        """The share of the budget that is spent."""
        with localcontext(EXACT):
            return self.total_spent_usd * HUNDRED / self.budget_limit_usd


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which coupons to list."""

    status: str | None = None
    coupon_type: str | None = None
    campaign_id: UUID | None = None
    search: str | None = None


coupons_listed = Query("coupons/listed", CouponLine)
coupon_figures = Query("coupons/figures", Figures)
coupon_redemptions = Query("coupons/redemptions", RedemptionLine)
coupon_attempts = Query("coupons/attempts", Outcome)
coupon_versions = Query("coupons/versions", Version)
campaigns_listed = Query("coupons/campaigns", CampaignLine)


def coupons(connection: Connection, wanted: Wanted, at: datetime, *, most: int, after: int = 0) -> list[CouponLine]:
    """List coupons, newest first."""
    return coupons_listed.all(
        connection,
        status=wanted.status,
        coupon_type=wanted.coupon_type,
        campaign_id=wanted.campaign_id,
        coupon_id=None,
        search=wanted.search.upper() if wanted.search else None,
        at=at,
        most=most,
        after=after,
    )


def coupon(connection: Connection, coupon_id: UUID, at: datetime) -> CouponLine | None:
    """Return one coupon, deleted or not."""
    named = {"status": None, "coupon_type": None, "campaign_id": None, "search": None}
    found = coupons_listed.all(connection, **named, coupon_id=coupon_id, at=at, most=1, after=0)
    return found[0] if found else None


def campaign(connection: Connection, campaign_id: UUID, at: datetime) -> CampaignLine | None:
    """Return one campaign, deleted or not."""
    found = campaigns_listed.all(connection, campaign_id=campaign_id, at=at)
    return found[0] if found else None


def figures(
    connection: Connection,
    at: datetime,
    days: int,
    *,
    coupon_id: UUID | None = None,
    campaign_id: UUID | None = None,
) -> Figures:
    """What coupons did in the last days."""
    return coupon_figures.one(
        connection, since=at - timedelta(days=days), until=at, coupon_id=coupon_id, campaign_id=campaign_id
    )


def redemptions(
    connection: Connection,
    *,
    coupon_id: UUID | None = None,
    user_id: UUID | None = None,
    redemption_id: UUID | None = None,
    most: int = MANY,
) -> list[RedemptionLine]:
    """List redemptions and what took them back, newest first."""
    return coupon_redemptions.all(
        connection, coupon_id=coupon_id, user_id=user_id, redemption_id=redemption_id, most=most
    )
