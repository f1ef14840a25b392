"""Charge what a held request really used."""

import json
from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.record_usage import prepare
from dashboard.engine.asking import Answer, Asked, RefusedError
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.usage import UsageEvent
from dashboard.store.holds import settle_hold as settling

ANSWERED = frozenset({"settled", "replayed"})


def settle_hold(
    user_id: UUID, hold_id: UUID, event: UsageEvent, *, simulated: bool = False, simulated_at: datetime | None = None
) -> Answer:
    """Charge the usage, more or less than was held, and end the hold, once; RefusedError with nothing written.

    Usage is its own record: it needs no actor. `simulated` posts at the time of the request.
    """
    prepared = prepare([event])
    for refused in prepared.refused.values():
        if refused.outcome == "erased_customer":
            raise RefusedError(Asked("erased"))
        raise InvalidInputError({refused.outcome.removeprefix("unknown_"): refused.reason or "is not known"})
    row = json.loads(prepared.payload)[0]
    with db.transaction() as session:
        if row["user_id"] != str(user_id):
            raise RefusedError(Asked("other_request"))
        asked = settling.one(
            session.connection(),
            user_id=user_id,
            hold_id=hold_id,
            event=json.dumps(row),
            simulated=simulated,
            now=simulated_at,
        )
        if asked.outcome not in ANSWERED:
            raise RefusedError(asked)
    return Answer(user_id, asked, event.request_id)
