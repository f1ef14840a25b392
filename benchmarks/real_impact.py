"""All real traffic replayed: nothing changes at the unchanged price, and a tenth more is what plain decimals say."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import text

from benchmarks import plain
from benchmarks.scratch import Scratch
from dashboard import db
from dashboard.engine.impact import RuleChange, Scenario
from dashboard.engine.impact_found import Impact
from dashboard.reports.pricing.impact import simulate

FACTOR = Decimal("1.1")
ZERO = Decimal(0)


def compare(place: Scratch, folder: Path, rows: list[plain.Row]) -> list[str]:
    """Replay every request there is, and say what differs."""
    prices = plain.prices_of_litellm(folder / "litellm_model_prices.json")
    by_hand = plain.expected(rows, plain.rows_of(folder / "customers.csv"), prices, FACTOR)
    starts = [datetime.fromisoformat(row["request_started_at"]).astimezone(UTC) for row in rows]
    end = max(starts) + timedelta(seconds=1)
    with place.app.app_context(), db.snapshot() as connection:
        unchanged, raised = simulate(connection, min(starts), end, [_raised()], at=end)
        emails = {row.id: row.email for row in connection.execute(text("select id, email from users"))}
    due, deducted = _by_customer(by_hand)
    print(
        f"{raised.requests:,} requests replayed: {unchanged.difference:f} credits of difference at the unchanged price; "
        f"at x {FACTOR} {raised.after.credits_due:f} due, {sum(due.values()):f} by hand, "
        f"{raised.ran_out} customers run out instead of {raised.ran_out_before}"
    )
    return (
        _unchanged(unchanged)
        + [
            f"{emails[one.user_id]}: {one.after.credits_due} due, {one.after.credits_deducted} deducted instead of "
            f"{due[emails[one.user_id]]} and {deducted[emails[one.user_id]]}"
            for one in raised.customers
            if (one.after.credits_due, one.after.credits_deducted)
            != (due[emails[one.user_id]], deducted[emails[one.user_id]])
        ]
        + ([] if raised.after.credits_due == sum(due.values()) else ["the sum of what is due differs"])
        + ([] if raised.after.credits_deducted == sum(deducted.values()) else ["the sum of what is deducted differs"])
    )


def _raised() -> Scenario:
    return Scenario(
        tuple(RuleChange("tier", Decimal(given) * FACTOR, tier=tier) for tier, given in plain.MULTIPLIERS.items())
    )


def _unchanged(found: Impact) -> list[str]:
    problems = []
    if found.difference:
        problems.append(f"the unchanged price replays to a difference of {found.difference} credits")
    if found.deviation:
        problems.append(f"simulated balances differ by {found.deviation} credits at the unchanged price")
    return problems


def _by_customer(by_hand: dict[tuple[str, str], plain.Expected]) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    due: dict[str, Decimal] = defaultdict(lambda: ZERO)
    deducted: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for (email, _), one in by_hand.items():
        due[email] += one.due
        deducted[email] += one.deducted
    return due, deducted
