"""Charge one request as it is reported: once per request id, however often it comes."""

import json
from contextlib import suppress

from sqlalchemy.exc import DataError, IntegrityError

from dashboard.actions.record_usage import NotKeptError, as_row
from dashboard.db import single_statement, transaction
from dashboard.engine.receipts import Receipt
from dashboard.engine.usage import UsageEvent
from dashboard.store.charging import charge_one


def charge_request(event: UsageEvent, *, dry_run: bool = False) -> Receipt:
    """Charge one request in one round trip and return its receipt; a dry run charges it and takes all of it back."""
    payload = json.dumps({**as_row(event), "customer": event.customer, "provider": event.provider})
    try:
        return _tried(payload) if dry_run else _charged(payload)
    except (DataError, IntegrityError):
        # Its id is that of a deduction, or an amount is beyond the books' columns.
        return Receipt("refused_by_the_books", None, event.request_id)


def _charged(payload: str) -> Receipt:
    with single_statement() as connection:
        return charge_one.one(connection, event=payload)


def _tried(payload: str) -> Receipt:
    found: list[Receipt] = []
    with suppress(NotKeptError), transaction() as session:
        found.append(charge_one.one(session.connection(), event=payload))
        raise NotKeptError
    return found[0]
