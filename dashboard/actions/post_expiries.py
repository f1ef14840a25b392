"""Post the expiry of grants whose time is over."""

from datetime import datetime, timedelta

from dashboard.db import transaction
from dashboard.store.charging import post_expiries as posting

GRACE = timedelta(hours=72)


def post_expiries(now: datetime, grace: timedelta = GRACE) -> int:
    """Post what expired at least the grace before now, so that late usage still finds its grant; return how many."""
    with transaction() as session:
        return posting.one(session.connection(), now=now, grace=grace).posted
