"""Loading the demo: day by day with its own clock, so that the ledgers look lived-in."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby
from random import Random

from dashboard.actions.add_customers import add_customers
from dashboard.actions.add_demo_multiplier import add_demo_multiplier
from dashboard.actions.add_demo_operators import add_demo_operators
from dashboard.actions.allocate_period import missing_allowances
from dashboard.actions.begin_import import begin_import
from dashboard.actions.end_import import Counts, end_import
from dashboard.actions.fold_usage import fold_usage
from dashboard.actions.mark_demo import mark_demo
from dashboard.actions.post_expiries import post_expiries
from dashboard.actions.post_grants import post_grants
from dashboard.actions.record_usage import record_usage
from dashboard.actions.set_vendor_prices import set_vendor_prices
from dashboard.engine.actors import SHELL
from dashboard.engine.grants import CreditGrant
from dashboard.importers.demo.models import LOSS_MODEL, LOSS_MULTIPLIER, LOSS_PROVIDER, vendor_prices
from dashboard.importers.demo.people import extra_grants, people
from dashboard.importers.demo.requests import DAYS, days

SEED = "ledgerline"


def load_demo(now: datetime, progress: Callable[[int], None]) -> int:
    """Load operators, customers, prices and ninety days of usage; return how many requests.

    Everything hangs on the hour: two loads within it give the same.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    random = Random(SEED)  # noqa: S311 - the same for everybody is the point
    first_day = hour.replace(hour=0) - timedelta(days=DAYS - 1)
    cast = people(random, first_day, hour)
    mark_demo(now)
    run_id = begin_import("demo", "demo", now)
    add_demo_operators(now=now)
    set_vendor_prices(vendor_prices(hour), source="demo", actor=SHELL, now=now)
    add_demo_multiplier(LOSS_PROVIDER, LOSS_MODEL, LOSS_MULTIPLIER, first_day - timedelta(days=30))
    add_customers([person.customer for person in cast], actor=SHELL, now=now)
    waiting = [*missing_allowances(first_day, hour), *extra_grants(random, cast, first_day, hour)]
    recorded = 0
    for start, requests in days(random, cast, hour):
        post_expiries(start)
        waiting = _post_until(waiting, min(start + timedelta(days=1), hour))
        recorded += len(record_usage(requests, import_run_id=run_id, simulated=True))
        progress(recorded)
    post_expiries(hour)
    fold_usage()
    end_import(run_id, now, Counts(recorded, recorded))
    return recorded


def _post_until(grants: list[CreditGrant], until: datetime) -> list[CreditGrant]:
    """Post each grant at its own start, if that comes before the moment; return those still to come."""
    due = sorted((grant for grant in grants if grant.effective_at < until), key=lambda grant: grant.effective_at)
    for posted_at, together in groupby(due, key=lambda grant: grant.effective_at):
        post_grants(together, posted_at=posted_at)
    return [grant for grant in grants if grant.effective_at >= until]
