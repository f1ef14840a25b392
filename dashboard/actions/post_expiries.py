"""Post the expiry of grants whose time is over."""

from datetime import datetime, timedelta

from dashboard.db import transaction
from dashboard.store.charging import post_expiries as posting
from dashboard.store.settings import value_of
from dashboard.store.subscriptions import post_rollovers


def post_expiries(now: datetime) -> int:
    """Post what expired at least the setting `expiry_posted_after_hours` before now, so that late usage still finds its grant; return how many."""
    with transaction() as session:
        grace = timedelta(hours=value_of(session, "expiry_posted_after_hours"))
        # First what the plans let over: what is carried into the next period does not expire.
        post_rollovers.one(session.connection(), now=now, grace=grace)
        return posting.one(session.connection(), now=now, grace=grace).posted
