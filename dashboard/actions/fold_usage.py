"""Fold waiting deltas into the summaries."""

from dashboard.db import transaction
from dashboard.sql import Query
from dashboard.store.charging import Moved, fold_movements
from dashboard.store.charging import fold_usage as folding

MOST_AT_ONCE = 50_000


def fold_usage() -> int:
    """Fold until nothing waits and return how many deltas were moved; pages are exact with or without."""
    moved = _fold(folding)
    _fold(fold_movements)
    return moved


def _fold(what: Query[Moved]) -> int:
    moved = 0
    while True:
        with transaction() as session:
            folded = what.one(session.connection(), most=MOST_AT_ONCE).moved
        moved += folded
        if folded < MOST_AT_ONCE:
            return moved
