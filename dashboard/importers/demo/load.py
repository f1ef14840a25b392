"""Loading the demo: day by day with its own clock, so that the ledgers look lived-in."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime, timedelta
from itertools import groupby
from random import Random
from uuid import UUID

from dashboard.actions.add_customers import add_customers
from dashboard.actions.add_demo_multiplier import add_demo_multiplier
from dashboard.actions.add_demo_operators import add_demo_operators
from dashboard.actions.add_demo_proposals import add_demo_proposals
from dashboard.actions.add_demo_requests import add_demo_requests
from dashboard.actions.allocate_period import missing_allowances
from dashboard.actions.begin_import import begin_import
from dashboard.actions.end_import import Counts, end_import
from dashboard.actions.fold_usage import fold_usage
from dashboard.actions.mark_demo import finish_demo, mark_demo
from dashboard.actions.post_expiries import post_expiries
from dashboard.actions.post_grants import post_grants
from dashboard.actions.record_usage import Prepared, Recorded, charge, prepare
from dashboard.actions.set_vendor_prices import set_vendor_prices
from dashboard.engine.actors import SHELL
from dashboard.engine.grants import CreditGrant
from dashboard.engine.usage import UsageEvent
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
    loss_from = first_day - timedelta(days=30)
    add_demo_multiplier(LOSS_PROVIDER, LOSS_MODEL, LOSS_MULTIPLIER, approved_at=loss_from, now=now)
    add_customers([person.customer for person in cast], actor=SHELL, now=now)
    grants = [*missing_allowances(first_day, hour), *extra_grants(random, cast, first_day, hour)]
    recorded = _charge_day_by_day(days(random, cast, hour), grants, hour, run_id, progress)
    post_expiries(hour)
    fold_usage()
    end_import(run_id, now, Counts(recorded, recorded))
    add_demo_proposals(now)
    first, second, *_ = (person.customer.user_id for person in cast if person.customer.tier == "enterprise_pro")
    add_demo_requests(first, second, now)
    finish_demo(now)
    return recorded


def _charge_day_by_day(
    calendar: Iterable[tuple[datetime, list[UsageEvent]]],
    grants: list[CreditGrant],
    hour: datetime,
    run_id: UUID,
    progress: Callable[[int], None],
) -> int:
    """Invent the next day while the database charges the one before and folds earlier ones."""
    recorded = 0
    charging: Future[list[Recorded]] | None = None
    folding: Future[int] | None = None
    with ThreadPoolExecutor(max_workers=1) as charger, ThreadPoolExecutor(max_workers=1) as folder:
        for start, requests in calendar:
            prepared = prepare(requests)
            if charging:
                recorded += len(charging.result())
                progress(recorded)
                if folding is None or folding.done():
                    folding = folder.submit(copy_context().run, fold_usage)
            post_expiries(start)
            grants = _post_until(grants, min(start + timedelta(days=1), hour))
            charging = charger.submit(copy_context().run, _charge, prepared, run_id)
        return recorded + (len(charging.result()) if charging else 0)


def _charge(prepared: Prepared, run_id: UUID) -> list[Recorded]:
    return charge(prepared, import_run_id=run_id, simulated=True)


def _post_until(grants: list[CreditGrant], until: datetime) -> list[CreditGrant]:
    """Post each grant at its own start, if that comes before the moment; return those still to come."""
    due = sorted((grant for grant in grants if grant.effective_at < until), key=lambda grant: grant.effective_at)
    for posted_at, together in groupby(due, key=lambda grant: grant.effective_at):
        post_grants(together, posted_at=posted_at)
    return [grant for grant in grants if grant.effective_at >= until]
