"""Withdraw a proposal, or an approved price that has not begun."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.announce import announce_price
from dashboard.actions.judging_prices import version_of
from dashboard.engine.actors import Actor
from dashboard.engine.proposals import refuse_writer, settled
from dashboard.store import proposals
from dashboard.store.audit import record


def withdraw_price(actor: Actor, config_id: UUID, reason: str, now: datetime) -> None:
    """Withdraw it, with a reason; the price a scheduled one would have followed holds on."""
    with db.transaction() as session:
        operator_id = refuse_writer(actor)
        before = {"state": version_of(session, config_id).state}
        answer = proposals.withdraw.one(
            session.connection(), operator_id=operator_id, config_id=config_id, reason=reason
        )
        settled(answer)
        record(
            session, actor, "withdraw_price", "pricing_config", config_id, before=before, reason=reason.strip(), now=now
        )
        announce_price(session, config_id, "withdrawn", now=now)
