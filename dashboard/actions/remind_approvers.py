"""Remind those who may decide, once, before a proposal or request expires."""

from datetime import datetime, timedelta

from dashboard import db
from dashboard.actions.announce import announce
from dashboard.store.announcements import decisions_expiring
from dashboard.store.settings import value_of


def remind_approvers(*, now: datetime) -> int:
    """Announce what expires within the setting's hours; return how many things were new."""
    with db.transaction() as session:
        until = now + timedelta(hours=value_of(session, "reminded_before_hours"))
        waiting = decisions_expiring.all(session.connection(), now=now, until=until)
        return sum(announce(session, one.object_kind, one.object_id, "expiring", now=now) for one in waiting)
