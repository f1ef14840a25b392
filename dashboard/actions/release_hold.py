"""Give back what was held for a request that will not happen."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.engine.asking import Answer, RefusedError
from dashboard.store.holds import release_hold as releasing

ANSWERED = frozenset({"released", "replayed"})


def release_hold(user_id: UUID, hold_id: UUID, *, simulated_at: datetime | None = None) -> Answer:
    """End the hold without a charge, once; RefusedError when it was settled or never was."""
    with db.transaction() as session:
        asked = releasing.one(session.connection(), user_id=user_id, hold_id=hold_id, now=simulated_at)
        if asked.outcome not in ANSWERED:
            raise RefusedError(asked)
    return Answer(user_id, asked)
