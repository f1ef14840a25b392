"""Add what a web worker counted to how often keys ask."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from dashboard import db
from dashboard.store.api_keys import ApiKeyRate


def add_key_calls(counted: Mapping[tuple[UUID, datetime], int]) -> dict[tuple[UUID, datetime], int]:
    """Add calls by key and minute; return how many there are now, over all workers. No act of anybody's."""
    if not counted:
        return {}
    # In one order, or two workers would wait for each other.
    rows = [
        {"api_key_id": key, "minute": minute, "requests": calls} for (key, minute), calls in sorted(counted.items())
    ]
    adding = insert(ApiKeyRate).values(rows)
    added = adding.on_conflict_do_update(
        index_elements=[ApiKeyRate.api_key_id, ApiKeyRate.minute],
        set_={"requests": ApiKeyRate.requests + adding.excluded.requests},
    ).returning(ApiKeyRate.api_key_id, ApiKeyRate.minute, ApiKeyRate.requests)
    with db.transaction() as session:
        return {(key, minute): calls for key, minute, calls in session.execute(added)}
