"""Write down a proposal for a price; it waits for nobody until it is submitted."""

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.judging_prices import facts_for
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.pricing import PriceDraft, faults
from dashboard.engine.proposals import refuse_writer, settled, terms_of
from dashboard.store import proposals
from dashboard.store.audit import record


def draft_price(actor: Actor, draft: PriceDraft, now: datetime) -> UUID:
    """Keep the draft and return its id; InvalidInputError names every field that cannot be taken."""
    with db.transaction() as session:
        config_id = write(session, actor, draft, now)
        record(session, actor, "draft_price", "pricing_config", config_id, after=terms_of(draft), now=now)
    return config_id


def write(
    session: Session,
    actor: Actor,
    draft: PriceDraft,
    now: datetime,
    *,
    edits: UUID | None = None,
    rolls_back: UUID | None = None,
) -> UUID:
    """Write a version inside somebody's transaction and return its id."""
    operator_id = refuse_writer(actor)
    if found := faults(draft, facts_for(session, draft.model, now)):
        raise InvalidInputError(found)
    answer = proposals.draft.one(
        session.connection(),
        operator_id=operator_id,
        terms=json.dumps(terms_of(draft)),
        edits=edits,
        rolls_back=rolls_back,
    )
    return settled(answer)
