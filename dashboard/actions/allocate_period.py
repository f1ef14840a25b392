"""Grant the allowances of every running plan for the periods that touch a span of time."""

from datetime import datetime

from dashboard.actions.post_grants import post_grants
from dashboard.db import snapshot
from dashboard.engine.grants import CreditGrant, allowances
from dashboard.store.charging import allowances_known, plans_running


def allocate_period(since: datetime, until: datetime) -> int:
    """Grant what is missing in [since, until) and return how many; again, or after an outage, it changes nothing."""
    return post_grants(missing_allowances(since, until))


def missing_allowances(since: datetime, until: datetime) -> list[CreditGrant]:
    """Return the allowances of periods that touch [since, until) and have not been granted."""
    with snapshot() as connection:
        plans = plans_running.all(connection, since=since, until=until)
        known = {
            (row.subscription_id, row.period_start)
            for row in allowances_known.all(connection, since=since, until=until)
        }
    return [
        grant
        for plan in plans
        for grant in allowances(plan, since, until)
        if (grant.subscription_id, grant.period_start) not in known
    ]
