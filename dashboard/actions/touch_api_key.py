"""Note that a key is in use."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from dashboard import db
from dashboard.store.api_keys import ApiKey


def touch_api_key(api_key_id: UUID, *, now: datetime) -> None:
    """Keep when the key was last used, to the minute; no change of anybody's, so no audit line."""
    with db.transaction() as session:
        session.execute(update(ApiKey).where(ApiKey.id == api_key_id).values(last_used_at=now))
