"""Charge one request as it is reported: once per request id, however often it comes."""

import json
from contextlib import suppress
from datetime import datetime

from sqlalchemy.exc import DataError, IntegrityError

from dashboard.actions.record_usage import NotKeptError, as_row
from dashboard.db import single_statement, transaction
from dashboard.engine.actors import Actor
from dashboard.engine.receipts import Receipt
from dashboard.engine.usage import UsageEvent
from dashboard.store.charging import charge_one


def charge_request(actor: Actor, event: UsageEvent, now: datetime, *, dry_run: bool = False) -> Receipt:
    """Charge one request in one round trip and return its receipt; a dry run charges it and takes all of it back.

    The actor's key is proven in the same statement: outcome `revoked_key`, if it was looked up before and is gone.
    """
    given: dict[str, object] = {
        "event": json.dumps({**as_row(event), "customer": event.customer, "provider": event.provider}),
        "api_key_id": actor.api_key_id,
        "now": now,
    }
    try:
        return _tried(given) if dry_run else single_statement(lambda driver: charge_one.directly(driver, **given))
    except (DataError, IntegrityError):
        # Its id is that of a deduction, or an amount is beyond the books' columns.
        return Receipt("refused_by_the_books", None, event.request_id)


def _tried(given: dict[str, object]) -> Receipt:
    found: list[Receipt] = []
    with suppress(NotKeptError), transaction() as session:
        found.append(charge_one.one(session.connection(), **given))
        raise NotKeptError
    return found[0]
