"""Chain what the audit log holds unsealed."""

from datetime import datetime

from dashboard import db
from dashboard.store.seals import MOST_AT_ONCE, seal_all


def seal_audit(*, now: datetime) -> int:
    """Seal every row there is, in batches; return how many."""
    sealed = 0
    while True:
        with db.transaction() as session:
            batch = seal_all(session, now)
        sealed += batch
        if batch < MOST_AT_ONCE:
            return sealed
