"""Mark a database as the demo's: loading while it is loaded, so that a broken-off load is known as one."""

from datetime import datetime

from sqlalchemy import insert, select, update

from dashboard.db import transaction
from dashboard.store.customers import Customer
from dashboard.store.operators import Operator
from dashboard.store.settings import Setting

LOADING = "loading"


class NotEmptyError(Exception):
    """The database holds somebody's data; the demo would mix with it."""


def mark_demo(now: datetime) -> None:
    """Set the setting `demo` to loading; raise NotEmptyError, with nothing changed, unless the database is unused."""
    with transaction() as session:
        if session.scalar(select(select(Customer.id).exists() | select(Operator.id).exists())):
            raise NotEmptyError
        session.execute(insert(Setting).values(key="demo", value=LOADING, updated_at=now))


def finish_demo(now: datetime) -> None:
    """Say that the demo is there in full."""
    with transaction() as session:
        session.execute(update(Setting).where(Setting.key == "demo").values(value=True, updated_at=now))
