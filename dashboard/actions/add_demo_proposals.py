"""Add proposals to the demo through the acts everybody uses, so that the pages show each state."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from dashboard import db
from dashboard.actions.add_demo_multiplier import approve_demo_price
from dashboard.actions.approve_price import approve_price
from dashboard.actions.comment_on_price import comment_on_price
from dashboard.actions.draft_price import draft_price
from dashboard.actions.reject_price import reject_price
from dashboard.actions.submit_price import submit_price
from dashboard.engine.actors import Actor
from dashboard.engine.pricing import PriceDraft
from dashboard.store.operators import Operator

ADAM, ANNA = "admin@ledgerline.test", "second-admin@ledgerline.test"
LIVE = PriceDraft(
    scope_type="combination",
    tier="pro_max",
    provider="openai",
    model="gpt-5",
    multiplier=Decimal("1.48"),
    reason="margin_protection",
    reason_details="Long answers of this model leave Pro Max below its target",
)
PENDING = PriceDraft(
    scope_type="tier",
    tier="pro",
    multiplier=Decimal("1.65"),
    reason="tier_optimization",
    reason_details="Pro is used far more than when 1.50 was set; 1.65 pays for what heavy users take",
)
REJECTED = PriceDraft(
    scope_type="tier",
    tier="free",
    multiplier=Decimal("2.6"),
    reason="manual_adjustment",
    reason_details="Make free use last shorter",
)
DRAFT = PriceDraft(
    scope_type="provider",
    provider="google",
    multiplier=Decimal("1.35"),
    reason="vendor_price_change",
    reason_details="Google announced lower prices; not confirmed yet",
)


def add_demo_proposals(now: datetime) -> None:
    """Propose, approve, schedule and reject as the two admins of the demo."""
    adam, anna = _actor(ADAM), _actor(ANNA)
    live = _submitted(adam, LIVE, now)
    approve_price(anna, live, _seen(live), now)
    approve_demo_price(_scheduled(now), (ANNA, ADAM), approved_at=now, now=now)
    rejected = _submitted(adam, REJECTED, now)
    reject_price(anna, rejected, "It punishes those we want to keep. Let us look at trials first.", now)
    pending = _submitted(anna, PENDING, now)
    comment_on_price(anna, pending, "The three heaviest users are told a week before.", now)
    draft_price(adam, DRAFT, now)


def _scheduled(now: datetime) -> PriceDraft:
    """A price from the first of the month after next week on."""
    first = (now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=40)).replace(day=1)
    return PriceDraft(
        scope_type="tier",
        tier="enterprise_pro",
        multiplier=Decimal("1.3"),
        effective_from=first,
        reason="margin_protection",
        reason_details="Credits of this plan sell below list; 1.20 does not cover the cost",
    )


def _submitted(author: Actor, draft: PriceDraft, now: datetime) -> UUID:
    config_id = draft_price(author, draft, now)
    submit_price(author, config_id, now)
    return config_id


def _seen(config_id: UUID) -> str:
    with db.transaction() as session:
        digest: bytes = session.scalars(select(func.price_seen_sha256(config_id))).one()
        return digest.hex()


def _actor(email: str) -> Actor:
    with db.transaction() as session:
        found = session.scalars(select(Operator).where(Operator.email == email)).one()
        return Actor(found.name, found.role, found.id, found.person_id)
