"""How much waits for whoever looks, for the link in the navigation."""

from sqlalchemy.exc import OperationalError

from dashboard.access import now, visitor
from dashboard.db import snapshot
from dashboard.reports.support.approvals import waiting_count


def waiting() -> int:
    """How much this person may decide now; 0 when the database cannot be asked: the page that says so needs no count."""
    try:
        actor = visitor()
        if actor is None:
            return 0
        with snapshot() as connection:
            return waiting_count(connection, actor, now())
    except OperationalError:
        return 0
