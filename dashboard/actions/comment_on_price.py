"""Say something about a proposal, for everybody who reads it."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.engine.proposals import refuse_writer, settled
from dashboard.store import proposals
from dashboard.store.audit import record


def comment_on_price(actor: Actor, config_id: UUID, words: str, now: datetime) -> None:
    """Add a comment; it is never changed and changes nothing of the proposal."""
    with db.transaction() as session:
        operator_id = refuse_writer(actor)
        settled(proposals.comment.one(session.connection(), operator_id=operator_id, config_id=config_id, words=words))
        record(session, actor, "comment_on_price", "pricing_config", config_id, now=now)
