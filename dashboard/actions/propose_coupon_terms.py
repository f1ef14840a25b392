"""Propose new coupons or campaigns, or other terms for one."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.request_approval import AwaitsApproval, request_approval
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.coupon_faults import faults_of_campaign, faults_of_coupon
from dashboard.engine.coupons import (
    REFUSALS,
    CampaignOrder,
    CouponOrder,
    CouponTerms,
)
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.permissions import Permission, may
from dashboard.store.catalogue import Tier
from dashboard.store.coupons import Coupon, CouponCampaign, CouponUsageLimit
from dashboard.store.settings import value_of


def propose_coupon_terms(actor: Actor, order: CouponOrder | CampaignOrder, *, now: datetime) -> AwaitsApproval:
    """File it for another admin or an owner; nothing can be redeemed before they approve what they see."""
    if actor.person_id is None or not may(actor.role, Permission.COUPONS_CHANGE):
        raise NotAllowedError("Only an admin or an owner proposes this. Nothing was changed.")
    with db.transaction() as session:
        faults = faults_in(session, order, now)
        if faults:
            raise InvalidInputError(faults)
        return request_approval(session, actor, order, why=order.why, now=now, within=_within(session, order))


def faults_in(session: Session, order: CouponOrder | CampaignOrder, now: datetime) -> dict[str, str]:
    """Return what cannot be asked, by field, as the catalogue stands; RuleBrokenError where what it changes moved on."""
    if isinstance(order, CampaignOrder):
        faults = faults_of_campaign(order, now)
        if order.terms.target_tier is not None and session.get(Tier, order.terms.target_tier) is None:
            faults["target_tier"] = "There is no such tier."
        held = session.get(CouponCampaign, order.campaign_id) if order.campaign_id else None
        _refuse_stale(order.campaign_id is not None, held, order.based_on)
        if held is not None and held.total_spent_usd > order.terms.budget_limit_usd:
            faults["budget_limit_usd"] = f"${held.total_spent_usd:,.2f} are spent already."
        return faults
    return faults_of_coupon(order, now) | _faults_of_catalogue(session, order)


def _faults_of_catalogue(session: Session, order: CouponOrder) -> dict[str, str]:
    terms, faults = order.terms, _faults_of_reach(session, order.terms)
    coupon = session.get(Coupon, order.coupon_id) if order.coupon_id else None
    _refuse_stale(order.coupon_id is not None, coupon, order.based_on)
    if coupon is not None:
        counter = session.get_one(CouponUsageLimit, coupon.id)
        if terms.max_uses is not None and counter.total_uses > terms.max_uses:
            faults["max_uses"] = f"It was used {counter.total_uses:,} times already."
    taken = session.scalars(select(Coupon.code).where(Coupon.code.in_(order.codes)).order_by(Coupon.code)).first()
    if taken is not None:
        faults["codes"] = f"The code {taken} is taken; a code is never given twice."
    return faults


def _faults_of_reach(session: Session, terms: CouponTerms) -> dict[str, str]:
    faults = {}
    known = set(session.scalars(select(Tier.name)))
    unknown = sorted(set(terms.tier_eligibility) - known)
    if unknown:
        faults["tier_eligibility"] = f"There is no tier {unknown[0]}."
    if terms.campaign_id is not None:
        campaign = session.get(CouponCampaign, terms.campaign_id)
        if campaign is None or campaign.deleted_at is not None:
            faults["campaign_id"] = "There is no such campaign."
    return faults


def _refuse_stale(changes: bool, held: Coupon | CouponCampaign | None, based_on: int | None) -> None:  # noqa: FBT001 - the question is its name
    if not changes:
        return
    if held is None or held.deleted_at is not None:
        raise RuleBrokenError("It is not there any more. Nothing was changed.")
    if held.version != based_on:
        raise RuleBrokenError(f"{REFUSALS['changed']} Nothing was changed.")


def _within(session: Session, order: CouponOrder | CampaignOrder) -> timedelta:
    if order.urgent:
        return timedelta(hours=value_of(session, "urgent_price_decided_within_hours"))
    return timedelta(days=value_of(session, "price_decided_within_days"))
