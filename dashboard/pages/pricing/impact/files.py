"""The tables of a replay as files."""

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from dashboard.engine.figures import Figures, total
from dashboard.engine.impact_found import Impact, Part
from dashboard.ui.exports import Column, Row

TABLES = ("tiers", "models", "days", "customers")
HEADS = {"tiers": "Tier", "models": "Model", "days": "Day"}
BOTH = (
    Column("Credits due as charged", "credits"),
    Column("Credits due replayed", "credits"),
    Column("Credits deducted as charged", "credits"),
    Column("Credits deducted replayed", "credits"),
    Column("Credits uncovered as charged", "credits"),
    Column("Credits uncovered replayed", "credits"),
    Column("List revenue as charged, USD", "usd"),
    Column("List revenue replayed, USD", "usd"),
    Column("Realised revenue as charged, USD", "usd"),
    Column("Realised revenue replayed, USD", "usd"),
    Column("List margin as charged, USD", "usd"),
    Column("List margin replayed, USD", "usd"),
    Column("List margin as charged, %", "percent"),
    Column("List margin replayed, %", "percent"),
)
AMOUNTS = (
    "credits_due",
    "credits_deducted",
    "credits_uncovered",
    "list_revenue_usd",
    "realised_revenue_usd",
    "gross_margin_usd",
    "margin_percent",
)


def columns_of(table: str) -> list[Column]:
    """Name the columns of one table."""
    if table == "customers":
        ends = [Column("Ran out as charged", "instant"), Column("Runs out replayed", "instant")]
        return [Column("Customer id"), Column("Customer"), *_counts(), *BOTH, *ends]
    return [Column(HEADS[table]), Column("Provider"), *_counts(), *BOTH]


def rows_of(table: str, impact: Impact, names: Mapping[UUID, str]) -> Iterator[Row]:
    """Write one table, line by line."""
    if table == "customers":
        for one in impact.customers:
            ends = (one.ran_out_before_at, one.runs_out_at)
            yield [str(one.user_id), names.get(one.user_id), *_cells(one.before, one.after), *ends]
        return
    for part in parts_of(table, impact):
        yield [part.name, part.provider, *_cells(part.before, part.after)]


def total_of(table: str, impact: Impact) -> Row | None:
    """Add a table up; customers are only those most affected, so they have no total."""
    if table == "customers":
        return None
    return ["Total", None, *_cells(*_sums(parts_of(table, impact)))]


def parts_of(table: str, impact: Impact) -> Iterable[Part]:
    """Return the lines of one table of parts."""
    return {"tiers": impact.by_tier, "models": impact.by_model, "days": impact.by_day}[table]


def _sums(parts: Iterable[Part]) -> tuple[Figures, Figures]:
    known = list(parts)
    return total(part.before for part in known), total(part.after for part in known)


def _counts() -> list[Column]:
    return [Column("Requests", "count"), Column("Vendor cost, USD", "usd")]


def _cells(before: Figures, after: Figures) -> list[object]:
    both = [getattr(side, name) for name in AMOUNTS for side in (before, after)]
    return [before.requests, before.vendor_cost_usd, *both]
