"""Go back to the multiplier before a price: a new draft, decided like any other."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.draft_price import write
from dashboard.actions.judging_prices import draft_of, version_of
from dashboard.engine.actors import Actor
from dashboard.engine.proposals import refuse_writer, rolled_back, terms_of
from dashboard.store.audit import record


def roll_back_price(actor: Actor, config_id: UUID, now: datetime) -> UUID:
    """Draft the multiplier that held before this price and return the draft's id."""
    with db.transaction() as session:
        refuse_writer(actor)
        version = version_of(session, config_id)
        draft = rolled_back(draft_of(version), version.state, version.previous_multiplier, version.number)
        new_id = write(session, actor, draft, now, rolls_back=config_id)
        before = {"id": str(config_id), "multiplier": f"{version.multiplier:f}"}
        record(
            session, actor, "roll_back_price", "pricing_config", new_id, before=before, after=terms_of(draft), now=now
        )
    return new_id
