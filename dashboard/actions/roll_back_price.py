"""Go back to the multiplier before a price: a new draft, decided like any other."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.draft_price import write
from dashboard.actions.judging_prices import draft_of, version_of
from dashboard.engine.actors import Actor
from dashboard.engine.proposals import OPEN, refuse_writer, rolled_back, terms_of
from dashboard.store.audit import record
from dashboard.store.catalogue import PricingConfig


def roll_back_price(actor: Actor, config_id: UUID, now: datetime) -> tuple[UUID, bool]:
    """Draft the multiplier that held before this price; return the draft's id and True, or one open already and False."""
    with db.transaction() as session:
        refuse_writer(actor)
        version = version_of(session, config_id)
        draft = rolled_back(draft_of(version), version.state, version.previous_multiplier, version.number)
        # Two people who want back at the same moment get one draft.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"roll back {config_id}", 0))))
        begun = _open_one(session, config_id)
        if begun is not None:
            return begun, False
        new_id = write(session, actor, draft, now, rolls_back=config_id)
        before = {"id": str(config_id), "multiplier": f"{version.multiplier:f}"}
        record(
            session, actor, "roll_back_price", "pricing_config", new_id, before=before, after=terms_of(draft), now=now
        )
    return new_id, True


def _open_one(session: Session, config_id: UUID) -> UUID | None:
    going_back = select(PricingConfig.id).where(
        PricingConfig.rolls_back_id == config_id, PricingConfig.approval_status.in_(OPEN)
    )
    return session.scalars(going_back.order_by(PricingConfig.created_at.desc()).limit(1)).first()
