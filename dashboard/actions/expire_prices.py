"""Close the proposals nobody decided in time."""

from datetime import datetime

from dashboard import db
from dashboard.actions.announce import announce_price
from dashboard.engine.actors import CLOCK
from dashboard.store import proposals
from dashboard.store.audit import record


def expire_prices(now: datetime) -> int:
    """Mark what waits beyond its time as expired, a line of the audit log each; return how many."""
    with db.transaction() as session:
        expired = proposals.expire.all(session.connection())
        before, after = {"state": "pending"}, {"state": "expired"}
        for config_id in (version.config_id for version in expired):
            record(session, CLOCK, "expire_price", "pricing_config", config_id, before=before, after=after, now=now)
            announce_price(session, config_id, "expired", now=now)
    return len(expired)
