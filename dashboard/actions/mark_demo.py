"""Mark a database as the demo's."""

from datetime import datetime

from sqlalchemy import insert, select

from dashboard.db import transaction
from dashboard.store.customers import Customer
from dashboard.store.operators import Operator
from dashboard.store.settings import Setting


class NotEmptyError(Exception):
    """The database holds somebody's data; the demo would mix with it."""


def mark_demo(now: datetime) -> None:
    """Set the setting `demo`; raise NotEmptyError, with nothing changed, unless the database is unused."""
    with transaction() as session:
        if session.scalar(select(select(Customer.id).exists() | select(Operator.id).exists())):
            raise NotEmptyError
        session.execute(insert(Setting).values(key="demo", value=True, updated_at=now))
