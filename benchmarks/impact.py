"""Impact over a million requests, exact and with who would have run out: two seconds, and 20 plain sums of their cost."""

import time
from collections.abc import Callable
from decimal import Decimal
from statistics import median

from sqlalchemy import text

from benchmarks import million
from benchmarks.results import Result
from benchmarks.scratch import Scratch
from dashboard import db
from dashboard.engine.impact import RuleChange, Scenario, Standing
from dashboard.engine.impact_found import Impact, impact_of
from dashboard.reports.pricing.impact import provider_names
from dashboard.reports.pricing.replay import replay

TIMES = 5
SECONDS, RATIO = 2, 20
WINDOW = (million.START, million.END)
STANDING = Standing(million.END)
TIERS = {"free": "2.2", "pro": "1.65", "pro_max": "1.54", "enterprise_pro": "1.32", "enterprise_max": "1.32"}
# Every request of the window is decided by one of these: nothing is left out by being the same as before.
RAISED = Scenario(tuple(RuleChange("tier", Decimal(multiplier), tier=tier) for tier, multiplier in TIERS.items()))


def measure(scratch: Scratch) -> list[Result]:
    million.fill(scratch)
    sums: list[float] = []
    replays: list[float] = []
    with scratch.app.app_context():
        _plain()
        _replayed()
        for _ in range(TIMES):
            sums.append(_timed(_plain))
            replays.append(_timed(_replayed))
        found = _replayed()
    plain, whole = median(sums), median(replays)
    ratio = median(one / other for one, other in zip(replays, sums, strict=True))
    return [
        Result(
            "impact over 1 million requests, with who runs out", f"{whole:.2f} s", f"≤ {SECONDS} s", whole <= SECONDS
        ),
        Result("impact ÷ plain sum of the vendor cost", f"{ratio:.1f}", f"≤ {RATIO}", ratio <= RATIO),
        Result("reference: plain sum of the vendor cost", f"{plain * 1000:.0f} ms", "", None),
        Result(
            "the unchanged price replays to a difference of",
            f"{found.difference:f} credits",
            "0",
            found.difference == 0,
        ),
        Result("customers who would have run out", f"{found.ran_out} instead of {found.ran_out_before}", "", None),
    ]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _plain() -> None:
    with db.snapshot() as connection:
        connection.execute(text("select sum(vendor_cost) from token_usage_ledger")).one()


def _replayed() -> Impact:
    with db.snapshot() as connection, db.same_snapshot(connection) as beside:
        found = replay(connection, WINDOW, [RAISED], STANDING, beside=beside)
        return impact_of(found, 1, names=provider_names(connection))
