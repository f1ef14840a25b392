"""Charge one request as it is reported: once per request id, however often it comes."""

import json
from contextlib import suppress
from datetime import datetime

from flask import current_app
from sqlalchemy.exc import DataError, IntegrityError

from dashboard.actions.charge_together import Gathering, Given
from dashboard.actions.record_usage import NotKeptError, as_row
from dashboard.db import transaction
from dashboard.engine.actors import Actor
from dashboard.engine.receipts import Receipt
from dashboard.engine.usage import UsageEvent
from dashboard.store.charging import charge_one

GATHERING = "ledgerline gathering"


def charge_request(actor: Actor, event: UsageEvent, now: datetime, *, dry_run: bool = False) -> Receipt:
    """Charge one request and return its receipt, in one round trip, with others if they wait at the same moment.

    A dry run charges it alone and takes all of it back.
    The actor's key is proven in the same statement: outcome `revoked_key`, if it was looked up before and is gone.
    """
    given: Given = {
        "event": json.dumps({**as_row(event), "customer": event.customer, "provider": event.provider}),
        "api_key_id": actor.api_key_id,
        "now": now,
    }
    try:
        return _tried(given) if dry_run else _gathering().charge(given)
    except (DataError, IntegrityError):
        # Its id is that of a deduction, or an amount is beyond the books' columns.
        return Receipt("refused_by_the_books", None, event.request_id)


def _gathering() -> Gathering:
    """Those of this process who wait at this app's database."""
    try:
        gathering: Gathering = current_app.extensions[GATHERING]
    except KeyError:
        gathering = current_app.extensions.setdefault(GATHERING, Gathering())
    return gathering


def _tried(given: Given) -> Receipt:
    found: list[Receipt] = []
    with suppress(NotKeptError), transaction() as session:
        found.append(charge_one.one(session.connection(), **given))
        raise NotKeptError
    return found[0]
