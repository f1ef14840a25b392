"""What every scenario comes to, side by side with what holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from dashboard.pages.pricing.simulator.asked import Asked
from dashboard.reports.pricing.scenarios import Result
from dashboard.ui.changes import Better, Change, Kind, change
from dashboard.ui.comparison import comparison
from dashboard.ui.exports import Column as FileColumn
from dashboard.ui.exports import Kind as FileKind
from dashboard.ui.exports import Row
from dashboard.ui.format import Number
from dashboard.ui.plots import Plot, Series

MOST_CUSTOMERS = 10
AS_CHARGED, TODAY = "As charged", "Today’s prices"
# Everything is compared with the second result, the prices that hold; scenarios come after it.
BASE, FIRST_SCENARIO = 1, 2


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of one scenario and how it moved from what holds; no change where it is what holds, or was charged."""

    value: Number | None
    change: Change | None


@dataclass(frozen=True, slots=True)
class Line:
    """One figure for every scenario; `kind` says how it is written."""

    title: str
    kind: Kind
    cells: list[Cell]
    loss: bool = False


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """One customer: credits due in every scenario, whether they would have run out, and the list revenue."""

    user_id: UUID
    name: str
    cells: list[Cell]
    runs_out: list[bool]


@dataclass(frozen=True, slots=True)
class Shown:
    """The tables and the picture."""

    names: list[str]
    lines: list[Line]
    customers: list[CustomerLine]
    plot: Plot | None
    decides: list[Sequence[int]]

    @property
    def has_unlisted(self) -> bool:
        """Whether a figure of a customer is not known."""
        return any(cell.value is None for line in self.customers for cell in line.cells)

    @property
    def picture_key(self) -> str:
        """Which number below the bars is which scenario."""
        return ", ".join(f"{no} {name}" for no, name in enumerate(self.names[FIRST_SCENARIO:], 1))


FIGURES: tuple[tuple[str, str, Kind, Better], ...] = (
    ("Credits due", "credits_due", "credits", None),
    ("Credits uncovered", "credits_uncovered", "credits", "down"),
    ("Credits deducted", "credits_deducted", "credits", None),
    ("List revenue", "list_revenue_usd", "usd", "up"),
    ("Realised revenue", "realised_revenue_usd", "usd", "up"),
    ("Vendor cost", "vendor_cost_usd", "usd", None),
    ("List margin", "gross_margin_usd", "usd", "up"),
    ("List margin, %", "margin_percent", "percent", "up"),
    ("Realised margin", "realised_margin_usd", "usd", "up"),
    ("Realised margin, %", "realised_margin_percent", "percent", "up"),
)
# What was paid belongs to the grants of whole customers, so it is unknown for a part of the traffic.
REALISED = frozenset({"realised_revenue_usd", "realised_margin_usd", "realised_margin_percent"})
LOSSES = {"gross_margin_usd", "margin_percent", "realised_margin_usd", "realised_margin_percent"}
FILE_KINDS: dict[Kind, FileKind] = {"usd": "usd_exact", "credits": "credits", "percent": "percent", "count": "count"}


def most_affected(results: Sequence[Result]) -> list[UUID]:
    """The customers whose credits change most in any scenario."""
    moved: dict[UUID, Decimal] = {}
    for result in results[FIRST_SCENARIO:]:
        for user, one in result.customers.items():
            moved[user] = max(moved.get(user, Decimal(0)), abs(one.credits - one.before_credits))
    return sorted((user for user, by in moved.items() if by), key=lambda user: (-moved[user], user))[:MOST_CUSTOMERS]


def shown(asked: Asked, results: Sequence[Result], customers: Mapping[UUID, str]) -> Shown:
    """Set the results side by side: what was charged, what holds, then the scenarios."""
    names = [AS_CHARGED, TODAY, *(column.name for column in asked.columns)]
    unknown = REALISED if asked.narrowed.is_narrowed else frozenset()
    lines = [
        Line(title, kind, _cells(_values(results, field, unknown), kind, better), field in LOSSES)
        for title, field, kind, better in FIGURES
    ]
    lines.append(Line("Customers who run out", "count", _cells([one.ran_out for one in results], "count", "down")))
    plot = _plot(results, with_realised=not unknown)
    decides = [one.decides for one in results[FIRST_SCENARIO:]]
    return Shown(names, lines, _customers(results, customers), plot, decides)


def file_columns(names: Sequence[str]) -> list[FileColumn]:
    """The columns of the comparison as a file: the unit stands beside the figure."""
    return [FileColumn("Figure"), FileColumn("Unit"), *(FileColumn(name) for name in names)]


def file_rows(found: Shown) -> list[Row]:
    """The comparison as a file, every digit."""
    units = {"usd": "USD", "credits": "credits", "percent": "%", "count": "customers"}
    return [[line.title, units[line.kind], *(cell.value for cell in line.cells)] for line in found.lines]


def customer_columns(names: Sequence[str]) -> list[FileColumn]:
    """The columns of the most affected customers as a file."""
    credits_due = [FileColumn(f"{name}: credits due", "credits") for name in names]
    return [
        FileColumn("Customer"),
        FileColumn("Id"),
        *credits_due,
        *(FileColumn(f"{name}: runs out") for name in names),
    ]


def customer_rows(found: Shown) -> list[Row]:
    """The most affected customers as a file."""
    return [
        [line.name, str(line.user_id), *(cell.value for cell in line.cells), *line.runs_out] for line in found.customers
    ]


def _values(results: Sequence[Result], field: str, unknown: frozenset[str]) -> list[Number | None]:
    return [None if field in unknown else getattr(one.figures, field) for one in results]


def _cells(values: Sequence[Number | None], kind: Kind, better: Better) -> list[Cell]:
    base = values[BASE]
    return [
        Cell(value, change(value, base, kind, better) if place > BASE else None) for place, value in enumerate(values)
    ]


def _customers(results: Sequence[Result], names: Mapping[UUID, str]) -> list[CustomerLine]:
    """Whoever's credits change most in any scenario; the most affected first."""
    return [_customer(results, user, names) for user in most_affected(results)]


def _customer(results: Sequence[Result], user: UUID, names: Mapping[UUID, str]) -> CustomerLine:
    scenarios = results[FIRST_SCENARIO:]
    found = [one.customers.get(user) for one in scenarios]
    known = next(one for one in found if one)
    credits_due: list[Number | None] = [known.charged_credits, known.before_credits]
    runs_out = [known.ran_out_charged, known.ran_out_before]
    for scenario, one in zip(scenarios, found, strict=True):
        # Who is not listed pays as today, unless the list was too long for everybody: then it is not known.
        unchanged = known.before_credits if scenario.lists_everyone else None
        credits_due.append(one.credits if one else unchanged)
        runs_out.append(one.runs_out if one else known.ran_out_before and scenario.lists_everyone)
    return CustomerLine(user, names.get(user, "Erased customer"), _cells(credits_due, "credits", None), runs_out)


def _plot(results: Sequence[Result], *, with_realised: bool) -> Plot | None:
    listed = Series("List margin", [one.figures.gross_margin_usd for one in results], 1)
    realised = Series("Realised margin", [one.figures.realised_margin_usd for one in results], 2)
    drawn = [listed, realised] if with_realised else [listed]
    # Numbers, because names of their own would not fit below the bars of a narrow screen.
    groups = [AS_CHARGED, "Today", *(str(place) for place in range(1, len(results) - 1))]
    label = "Margins of every scenario; the same figures stand in the table."
    return comparison(groups, drawn, label=label)
