"""Chain what the audit log holds unsealed."""

from datetime import datetime

from dashboard import db
from dashboard.store.seals import MOST_AT_ONCE, seal_all, seal_recent


def seal_audit(*, now: datetime, everywhere: bool = True) -> int:
    """Seal every row there is, or all but what committed very late, in batches; return how many."""
    sealed = 0
    seal = seal_all if everywhere else seal_recent
    while True:
        with db.transaction() as session:
            batch = seal(session, now)
        sealed += batch
        if batch < MOST_AT_ONCE:
            return sealed
