"""Derive every summary from the ledgers again."""

from dashboard.db import transaction
from dashboard.store.charging import rebuild_movements
from dashboard.store.charging import rebuild_usage as rebuilding


def rebuild_usage() -> int:
    """Forget all summaries, derive them again and return from how many ledger rows; charging waits meanwhile."""
    with transaction() as session:
        rebuild_movements.one(session.connection())
        return rebuilding.one(session.connection()).moved
