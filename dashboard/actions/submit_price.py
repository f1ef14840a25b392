"""Submit a proposal: from now on it never changes, and another person decides it."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.announce import announce_price
from dashboard.actions.judging_prices import draft_of, facts_for, version_of
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.pricing import problems
from dashboard.engine.proposals import refuse_writer, settled
from dashboard.store import proposals
from dashboard.store.audit import record


def submit_price(actor: Actor, config_id: UUID, now: datetime) -> None:
    """Submit a draft for approval; InvalidInputError names every rule it breaks."""
    with db.transaction() as session:
        operator_id = refuse_writer(actor)
        draft = draft_of(version_of(session, config_id))
        if found := problems(draft, facts_for(session, draft.model, now), now):
            raise InvalidInputError(found)
        settled(proposals.submit.one(session.connection(), operator_id=operator_id, config_id=config_id))
        after = {"multiplier": f"{draft.multiplier:f}", "acknowledges": sorted(draft.acknowledges)}
        record(session, actor, "submit_price", "pricing_config", config_id, after=after, now=now)
        announce_price(session, config_id, "requested", now=now)
