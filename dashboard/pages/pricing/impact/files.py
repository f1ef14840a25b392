"""The tables of a replay as files."""

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from dashboard.engine.figures import Figures, total
from dashboard.engine.impact_found import Impact, Part
from dashboard.ui.exports import Column, Kind, Row

TABLES = ("tiers", "models", "days", "customers")
HEADS = {"tiers": "Tier", "models": "Model", "days": "Day"}
SIDES = ("as charged", "without this price", "with this price")
AMOUNTS: tuple[tuple[str, str, Kind, str], ...] = (
    ("credits_due", "Credits due", "credits", ""),
    ("credits_deducted", "Credits deducted", "credits", ""),
    ("credits_uncovered", "Credits uncovered", "credits", ""),
    ("list_revenue_usd", "List revenue", "usd", ", USD"),
    ("realised_revenue_usd", "Realised revenue", "usd", ", USD"),
    ("gross_margin_usd", "List margin", "usd", ", USD"),
    ("margin_percent", "List margin", "percent", ", %"),
)


def columns_of(table: str) -> list[Column]:
    """Name the columns of one table."""
    if table == "customers":
        ends = [Column(f"Runs out {side}", "instant") for side in SIDES]
        return [Column("Customer id"), Column("Customer"), *_counts(), *_amounts(), *ends]
    return [Column(HEADS[table]), Column("Provider"), *_counts(), *_amounts()]


def rows_of(table: str, impact: Impact, names: Mapping[UUID, str]) -> Iterator[Row]:
    """Write one table, line by line."""
    if table == "customers":
        for one in impact.customers:
            ends = (one.ran_out_charged_at, one.ran_out_before_at, one.runs_out_at)
            yield [str(one.user_id), names.get(one.user_id), *_cells(one.charged, one.before, one.after), *ends]
        return
    for part in parts_of(table, impact):
        yield [part.name, part.provider, *_cells(part.charged, part.before, part.after)]


def total_of(table: str, impact: Impact) -> Row | None:
    """Add a table up; customers are only those most affected, so they have no total."""
    if table == "customers":
        return None
    return ["Total", None, *_cells(*_sums(parts_of(table, impact)))]


def parts_of(table: str, impact: Impact) -> Iterable[Part]:
    """Return the lines of one table of parts."""
    return {"tiers": impact.by_tier, "models": impact.by_model, "days": impact.by_day}[table]


def _sums(parts: Iterable[Part]) -> tuple[Figures, ...]:
    known = list(parts)
    return tuple(total(getattr(part, side) for part in known) for side in ("charged", "before", "after"))


def _counts() -> list[Column]:
    return [Column("Requests", "count"), Column("Vendor cost, USD", "usd")]


def _amounts() -> list[Column]:
    return [Column(f"{title} {side}{unit}", kind) for _, title, kind, unit in AMOUNTS for side in SIDES]


def _cells(*sides: Figures) -> list[object]:
    amounts = [getattr(side, name) for name, *_ in AMOUNTS for side in sides]
    return [sides[0].requests, sides[0].vendor_cost_usd, *amounts]
