"""Take a redemption back: its use is free again, and of what it gave at most what is left."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal, localcontext
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.invoicing import account_credit_of, apply_account_credit
from dashboard.actions.moving_by_hand import lock_customer
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.coupons import REVERSAL_CAUSES
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.money import EXACT
from dashboard.engine.permissions import Permission, may
from dashboard.store.audit import record
from dashboard.store.coupons import Coupon
from dashboard.store.redemptions import CouponRedemption, claw_back_grant, give_back_coupon, lock_coupon

USD_DECIMALS = Decimal("1e-18")


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What came back of a redemption; the rest was used and is lost. `clawback_seq` is the entry, if credits came back."""

    user_id: UUID
    reversal_id: UUID
    credits: Decimal
    credits_lost: Decimal
    discount_usd: Decimal
    discount_lost_usd: Decimal
    clawback_seq: int | None


def reverse_redemption(
    actor: Actor, user_id: UUID, redemption_id: UUID, *, cause: str, now: datetime, posted_at: datetime | None = None
) -> TakenBack:
    """Take it back once; only an admin or an owner, because credits are taken from a customer."""
    if actor.role != "shell" and not may(actor.role, Permission.COUPONS_CHANGE):
        raise NotAllowedError("Only an admin or an owner takes a redemption back. Nothing was changed.")
    if cause not in REVERSAL_CAUSES:
        raise InvalidInputError({"cause": f"Choose one of {', '.join(REVERSAL_CAUSES)}."})
    with db.transaction() as session:
        lock_customer(session, user_id)
        taken = _taken(session, user_id, redemption_id)
        lock_coupon.all(session.connection(), code=session.get_one(Coupon, taken.coupon_id).code)
        done, worth = _what_comes_back(session, taken, now, posted_at)
        give_back_coupon.one(
            session.connection(),
            user_id=user_id,
            redemption_id=redemption_id,
            reversal_id=done.reversal_id,
            cause=cause,
            credits=done.credits,
            clawback_seq=done.clawback_seq,
            months=0,
            discount_usd=done.discount_usd,
            worth_usd=worth,
            operator_id=actor.operator_id,
            at=now,
        )
        object_id = f"{user_id}-{redemption_id}"
        record(
            session,
            actor,
            "reverse_redemption",
            "coupon_redemption",
            object_id,
            after=_shown(done),
            reason=cause,
            now=now,
        )
    return done


def _taken(session: Session, user_id: UUID, redemption_id: UUID) -> CouponRedemption:
    taken = session.get(CouponRedemption, (user_id, redemption_id))
    if taken is None or taken.redemption_status != "success":
        raise RuleBrokenError("There is no such redemption. Nothing was changed.")
    reversal = select(CouponRedemption.id).where(
        CouponRedemption.user_id == user_id, CouponRedemption.reverses_id == redemption_id
    )
    if session.scalars(reversal).first() is not None:
        raise RuleBrokenError("This redemption was taken back already. Nothing was changed.")
    return taken


def _what_comes_back(
    session: Session, taken: CouponRedemption, now: datetime, posted_at: datetime | None
) -> tuple[TakenBack, Decimal]:
    """Claw back what the grant holds, or what of the discount waits on the account; and the share of worth it is."""
    session.flush()
    credits_back, seq, off = Decimal(0), None, Decimal(0)
    if taken.grant_id is not None:
        came = claw_back_grant.one(
            session.connection(),
            user_id=taken.user_id,
            grant_id=taken.grant_id,
            credits=taken.credits,
            posted_at=posted_at,
        )
        credits_back, seq = came.credits, came.seq
    if taken.applied_to == "account_credit":
        off = min(taken.discount_applied_usd, account_credit_of(session, taken.user_id))
        if off:
            apply_account_credit(session, taken.user_id, -off, "coupon_reversed", now)
    given, came_back = (taken.credits, credits_back) if taken.credits else (taken.discount_applied_usd, off)
    done = TakenBack(
        user_id=taken.user_id,
        reversal_id=uuid4(),
        credits=credits_back,
        credits_lost=taken.credits - credits_back,
        discount_usd=off,
        discount_lost_usd=taken.discount_applied_usd - off,
        clawback_seq=seq,
    )
    if not given:
        return done, Decimal(0)
    with localcontext(EXACT):
        return done, (taken.worth_usd * came_back / given).quantize(USD_DECIMALS, rounding=ROUND_DOWN)


def _shown(done: TakenBack) -> dict[str, object]:
    return {
        "credits": f"{done.credits:f}",
        "credits_lost": f"{done.credits_lost:f}",
        "discount_usd": f"{done.discount_usd:f}",
        "discount_lost_usd": f"{done.discount_lost_usd:f}",
        "entry": done.clawback_seq and f"{done.user_id}-{done.clawback_seq}",
    }
