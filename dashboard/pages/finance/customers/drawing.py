"""The curve of customers: what the best ones earn together, and what the last ones take away again."""

from dataclasses import dataclass
from decimal import Decimal

from dashboard.engine.margin import percent
from dashboard.engine.profitability import running
from dashboard.pages.finance.customers.asked import Asked
from dashboard.reports.profitability import Customers
from dashboard.ui.format import plural, usd
from dashboard.ui.plots import Plot
from dashboard.ui.whale import whale

PARTS = 10


@dataclass(frozen=True, slots=True)
class Step:
    """Customers first to last of the ranking by margin: what they earn, and what all up to here do."""

    first: int
    last: int
    margin_usd: Decimal
    so_far_usd: Decimal
    of_all: Decimal | None


@dataclass(frozen=True, slots=True)
class Curve:
    """The drawing, its key, and its table in tenths."""

    title: str
    plot: Plot | None
    key: list[tuple[str, int, str]]
    steps: list[Step]


def curve(asked: Asked, found: Customers) -> Curve:
    """Add customers up, best first."""
    sums = running(found.accounts, asked.value)
    losing = sum(asked.value.loses(one) for one in found.accounts)
    name = "Realised margin" if asked.value.realised else "Gross margin"
    highest = max(sums, default=Decimal(0))
    peak = f"{usd(highest)} before {plural(losing, 'customer loses', 'customers lose')}" if losing else ""
    label = f"{name} of the best customers together, from one to all; the same figures stand in the table below."
    key = [("line", 1, f"{name} together"), ("words", 0, f"all {len(sums)}: {usd(sums[-1] if sums else None)}")]
    return Curve(f"{name}, customers added up best first", whale(sums, label=label, peak=peak), key, _steps(sums))


def _steps(sums: list[Decimal]) -> list[Step]:
    many = len(sums)
    lasts = sorted({-(-many * part // PARTS) for part in range(1, PARTS + 1)}) if many else []
    steps, before = [], 0
    for last in lasts:
        earned = sums[last - 1] - (sums[before - 1] if before else Decimal(0))
        steps.append(
            Step(before + 1, last, earned, sums[last - 1], percent(sums[last - 1], sums[-1]) if sums[-1] > 0 else None)
        )
        before = last
    return steps
