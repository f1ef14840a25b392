"""Reject a price that another person proposed."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.announce import announce_price
from dashboard.actions.judging_prices import version_of
from dashboard.engine.actors import Actor
from dashboard.engine.proposals import refuse_decider, settled
from dashboard.store import proposals
from dashboard.store.audit import record


def reject_price(actor: Actor, config_id: UUID, reason: str, now: datetime) -> None:
    """Reject a submitted proposal, with a reason for its author."""
    with db.transaction() as session:
        operator_id = refuse_decider(actor, version_of(session, config_id).writers)
        answer = proposals.reject.one(session.connection(), operator_id=operator_id, config_id=config_id, reason=reason)
        settled(answer)
        record(session, actor, "reject_price", "pricing_config", config_id, reason=reason.strip(), now=now)
        announce_price(session, config_id, "rejected", now=now)
