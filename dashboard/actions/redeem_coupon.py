"""Redeem a coupon: every path that redeems one goes through here."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.invoicing import apply_account_credit
from dashboard.actions.judging_coupons import (
    BOT,
    Judged,
    Purchase,
    RedemptionWanted,
    judge_coupon,
)
from dashboard.actions.moving_by_hand import lock_customer
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.coupon_checks import (
    MOST_ATTEMPTS_PER_HOUR,
    MOST_CUSTOMERS_PER_DEVICE,
    Checked,
    CouponRefusedError,
)
from dashboard.engine.coupons import ON_A_PRICE, CouponTerms, code_of
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.grants import PROMOTIONAL_PRIORITY, CreditGrant
from dashboard.engine.permissions import Permission, may
from dashboard.store.audit import record
from dashboard.store.charging import post_grants
from dashboard.store.redemptions import (
    CouponAttempt,
    CouponDevice,
    CouponFlag,
    CouponRedemption,
    lock_coupon,
    take_coupon,
)

__all__ = ["Purchase", "Redeemed", "RedemptionWanted", "redeem_coupon", "redeem_in"]

STACKED_WITHIN = timedelta(minutes=5)
PROGRAMS = frozenset({"shell", "api_key"})


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a coupon gave: credits, months, or USD off the price; `number` is the use it took."""

    user_id: UUID
    redemption_id: UUID
    coupon_id: UUID
    code: str
    number: int
    credits: Decimal
    months_free: int
    original_usd: Decimal | None
    discount_usd: Decimal
    checks: list[Checked] = field(default_factory=list)
    replayed: bool = False


def redeem_coupon(
    actor: Actor, wanted: RedemptionWanted, *, now: datetime, posted_at: datetime | None = None
) -> Redeemed:
    """Redeem in a transaction of its own; CouponRefusedError names the check that failed, and the attempt is kept.

    `posted_at` is the clock of a simulation.
    """
    refused: CouponRefusedError | None = None
    with db.transaction() as session:
        try:
            done = redeem_in(session, actor, wanted, now=now, posted_at=posted_at)
        except CouponRefusedError as error:
            refused = error
    if refused is not None:
        raise refused
    return done


def redeem_in(
    session: Session, actor: Actor, wanted: RedemptionWanted, *, now: datetime, posted_at: datetime | None = None
) -> Redeemed:
    """Redeem in the transaction of a purchase; the line of its invoice is the caller's, `discount_usd` says how much.

    The customer's lock comes first, then the coupon's, so that what the checks see is what is written.
    """
    if actor.role not in PROGRAMS and not may(actor.role, Permission.BILLING_CHANGE):
        raise NotAllowedError(f"The role {actor.role} may not redeem coupons. Nothing was changed.")
    lock_customer(session, wanted.user_id)
    known = _known(session, wanted)
    if known is not None:
        return known
    session.flush()
    lock_coupon.all(session.connection(), code=code_of(wanted.code))
    judged = judge_coupon(session.connection(), wanted, now)
    attempt_id = _keep_device(session, wanted, judged, now)
    refusal = judged.refusal
    if refusal is not None or judged.terms is None or judged.seen.coupon_id is None:
        code = refusal.code if refusal else "VALIDATION_ERROR"
        _keep_attempt(session, wanted, judged, attempt_id, code, now)
        raise CouponRefusedError(code, refusal.detail if refusal else "The coupon cannot be read.")
    done = _take(session, actor, wanted, judged, judged.terms, now, posted_at)
    _keep_attempt(session, wanted, judged, attempt_id, "redeemed", now, done.redemption_id)
    object_id = f"{done.user_id}-{done.redemption_id}"
    record(session, actor, "redeem_coupon", "coupon_redemption", object_id, after=_shown(done), now=now)
    return done


def _take(
    session: Session,
    actor: Actor,
    wanted: RedemptionWanted,
    judged: Judged,
    terms: CouponTerms,
    now: datetime,
    posted_at: datetime | None,
) -> Redeemed:
    """Give what the coupon promises and write the redemption; the grant bears its id."""
    seen, redemption_id = judged.seen, wanted.redemption_id or uuid4()
    credits_given = terms.discount_value if terms.discount_type == "credits" else Decimal(0)
    months = int(terms.discount_value) if terms.discount_type == "months_free" else 0
    if months:
        raise RuleBrokenError("Free months cannot be given here yet. Nothing was changed.")
    if credits_given:
        grant = grant_of(wanted.user_id, redemption_id, str(seen.code), terms, posted_at or now)
        rows = json.dumps([asdict(grant)], default=str)
        post_grants.one(session.connection(), grants=rows, posted_at=posted_at)
    applied_to = None
    if terms.discount_type in ON_A_PRICE:
        applied_to = "invoice" if wanted.purchase else "account_credit"
    if applied_to == "account_credit":
        apply_account_credit(session, wanted.user_id, judged.discount_usd, "coupon", now)
    purchase = wanted.purchase
    number = take_coupon.one(
        session.connection(),
        user_id=wanted.user_id,
        redemption_id=redemption_id,
        coupon_id=seen.coupon_id,
        subscription_id=purchase.subscription_id if purchase else seen.subscription_id,
        credits=credits_given,
        months=months,
        original_usd=judged.original_usd,
        discount_usd=judged.discount_usd,
        worth_usd=judged.worth_usd,
        applied_to=applied_to,
        tier=judged.facts.tier,
        billing_cycle=judged.facts.billing_cycle,
        operator_id=actor.operator_id,
        api_key_id=actor.api_key_id,
        at=now,
    ).number
    return Redeemed(
        user_id=wanted.user_id,
        redemption_id=redemption_id,
        coupon_id=seen.coupon_id or redemption_id,
        code=str(seen.code),
        number=number,
        credits=credits_given,
        months_free=months,
        original_usd=judged.original_usd,
        discount_usd=judged.discount_usd,
        checks=judged.checks,
    )


def grant_of(user_id: UUID, redemption_id: UUID, code: str, terms: CouponTerms, now: datetime) -> CreditGrant:
    """The promotional grant of a coupon of credits."""
    return CreditGrant(
        user_id=user_id,
        id=redemption_id,
        source="coupon_promotion",
        category="promotional",
        granted=terms.discount_value,
        paid_usd=Decimal(0),
        effective_at=now,
        expires_at=now + timedelta(days=terms.credits_live_days),
        priority=PROMOTIONAL_PRIORITY,
        origin=f"Coupon {code}",
        reason="coupon",
    )


def _known(session: Session, wanted: RedemptionWanted) -> Redeemed | None:
    if wanted.redemption_id is None:
        return None
    row = session.get(CouponRedemption, (wanted.user_id, wanted.redemption_id))
    if row is None:
        return None
    return Redeemed(
        user_id=row.user_id,
        redemption_id=row.id,
        coupon_id=row.coupon_id,
        code=code_of(wanted.code),
        number=row.number,
        credits=row.credits,
        months_free=row.months_free,
        original_usd=row.original_amount_usd,
        discount_usd=row.discount_applied_usd,
        replayed=True,
    )


def _keep_device(session: Session, wanted: RedemptionWanted, judged: Judged, now: datetime) -> UUID:
    """Keep what was seen of the device, where it can be erased, and the signs of abuse there are."""
    attempt_id, facts = uuid4(), judged.facts
    if wanted.device is not None:
        device = CouponDevice(
            user_id=wanted.user_id, attempt_id=attempt_id, fingerprint=wanted.device.fingerprint, seen_at=now
        )
        session.add(device)
    lately = select(func.count()).where(
        CouponRedemption.user_id == wanted.user_id,
        CouponRedemption.redemption_status == "success",
        CouponRedemption.redemption_date > now - STACKED_WITHIN,
    )
    signs = {
        ("velocity_abuse", "high"): facts.attempts_last_hour >= MOST_ATTEMPTS_PER_HOUR,
        ("bot_pattern", "critical"): wanted.device is not None and BOT.search(wanted.device.user_agent) is not None,
        ("device_fingerprint_mismatch", "medium"): facts.customers_on_device > MOST_CUSTOMERS_PER_DEVICE,
        ("stacking_abuse", "low"): bool(session.scalar(lately)),
    }
    for (kind, severity), is_there in signs.items():
        if is_there:
            session.add(
                CouponFlag(
                    user_id=wanted.user_id,
                    id=uuid4(),
                    coupon_id=judged.seen.coupon_id,
                    detection_type=kind,
                    severity=severity,
                    detected_at=now,
                )
            )
    return attempt_id


def _keep_attempt(
    session: Session,
    wanted: RedemptionWanted,
    judged: Judged,
    attempt_id: UUID,
    outcome: str,
    now: datetime,
    redemption_id: UUID | None = None,
) -> None:
    session.add(
        CouponAttempt(
            user_id=wanted.user_id,
            id=attempt_id,
            coupon_id=judged.seen.coupon_id,
            attempted_at=now,
            outcome=outcome,
            flagged=judged.is_flagged,
            redemption_id=redemption_id,
        )
    )
    session.flush()


def _shown(done: Redeemed) -> dict[str, object]:
    return {
        "coupon": done.code,
        "number": done.number,
        "credits": f"{done.credits:f}",
        "months_free": done.months_free,
        "discount_usd": f"{done.discount_usd:f}",
    }
