"""Approve a price that another person proposed."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.announce import announce_price
from dashboard.actions.judging_prices import version_of
from dashboard.engine.actors import Actor
from dashboard.engine.proposals import refuse_decider, seen, settled
from dashboard.store import proposals
from dashboard.store.audit import record


def approve_price(actor: Actor, config_id: UUID, seen_sha256: str, now: datetime) -> None:
    """Approve exactly what was seen; the price it follows ends in the same transaction."""
    with db.transaction() as session:
        version = version_of(session, config_id)
        answer = proposals.approve.one(
            session.connection(),
            operator_id=refuse_decider(actor, version.writers),
            config_id=config_id,
            seen_sha256=seen(seen_sha256),
        )
        settled(answer)
        after = {"multiplier": f"{version.multiplier:f}", "seen_sha256": seen_sha256}
        record(session, actor, "approve_price", "pricing_config", config_id, after=after, now=now)
        announce_price(session, config_id, "approved", now=now)
