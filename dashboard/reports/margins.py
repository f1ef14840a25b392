"""Margins by any grouping: sums from SQL, added up to a tree here."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, TypeVar

from sqlalchemy import Connection

from dashboard.engine.figures import Figures, total
from dashboard.engine.periods import Period
from dashboard.reports.filters import Filters
from dashboard.sql import Query

DIMENSIONS = ("provider", "model", "tier", "customer", "request_type", "key_mode")
Per = Literal["day", "week", "month"]
PERS: tuple[Per, ...] = ("day", "week", "month")

Path = tuple[str, ...]
A = TypeVar("A")
B = TypeVar("B")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group in the period (is_now) or in the one before; amounts in USD and credits."""

    provider: str | None
    model: str | None
    tier: str | None
    request_type: str | None
    key_mode: str | None
    is_now: bool
    requests: int
    priced_requests: int
    unpriced_requests: int
    vendor_cost_usd: Decimal
    credit_value_usd: Decimal
    credits_due: Decimal
    credits_deducted: Decimal
    credits_uncovered: Decimal
    credits_reversed: Decimal
    list_revenue_usd: Decimal
    realised_revenue_usd: Decimal


@dataclass(frozen=True, slots=True)
class CustomerGroupRow:
    """The same with the customer; the name is None for an erased one."""

    provider: str | None
    model: str | None
    tier: str | None
    request_type: str | None
    key_mode: str | None
    customer_id: str | None
    customer: str | None
    is_now: bool
    requests: int
    priced_requests: int
    unpriced_requests: int
    vendor_cost_usd: Decimal
    credit_value_usd: Decimal
    credits_due: Decimal
    credits_deducted: Decimal
    credits_uncovered: Decimal
    credits_reversed: Decimal
    list_revenue_usd: Decimal
    realised_revenue_usd: Decimal


@dataclass(frozen=True, slots=True)
class OverTimeRow:
    """Revenue and cost (USD) of one group on one day, week or month."""

    provider: str | None
    model: str | None
    tier: str | None
    request_type: str | None
    key_mode: str | None
    bucket: date
    vendor_cost_usd: Decimal
    list_revenue_usd: Decimal
    realised_revenue_usd: Decimal


@dataclass(frozen=True, slots=True)
class CustomerOverTimeRow:
    """The same with the customer."""

    provider: str | None
    model: str | None
    tier: str | None
    request_type: str | None
    key_mode: str | None
    customer_id: str | None
    bucket: date
    vendor_cost_usd: Decimal
    list_revenue_usd: Decimal
    realised_revenue_usd: Decimal


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day; amounts in USD and credits."""

    day: date
    requests: int
    priced_requests: int
    unpriced_requests: int
    vendor_cost_usd: Decimal
    credit_value_usd: Decimal
    credits_due: Decimal
    credits_deducted: Decimal
    credits_uncovered: Decimal
    credits_reversed: Decimal
    list_revenue_usd: Decimal
    realised_revenue_usd: Decimal

    @property
    def figures(self) -> Figures:
        """The day's sums."""
        return _figures(self)


@dataclass(frozen=True, slots=True)
class NameRow:
    """How a provider or tier is called."""

    dimension: str
    name: str
    display_name: str
    position: int


by_group = Query("finance/margins_by_group", GroupRow)
by_customer = Query("finance/margins_by_customer", CustomerGroupRow)
over_time = Query("finance/margins_over_time", OverTimeRow)
over_time_by_customer = Query("finance/margins_over_time_by_customer", CustomerOverTimeRow)
margins_by_day = Query("finance/margins_by_day", DayRow)
dimension_names = Query("finance/dimension_names", NameRow)


@dataclass(frozen=True, slots=True)
class Question:
    """What the explorer is asked: period, filters, the dimensions in order, and the view of reversals."""

    period: Period
    filters: Filters = field(default_factory=Filters)
    groups: tuple[str, ...] = ("provider", "model", "tier")
    per: Per = "day"
    as_corrected: bool = False

    @property
    def needs_customers(self) -> bool:
        """Whether only the summary by customer can answer."""
        return "customer" in self.groups or bool(self.filters.customers)


@dataclass(frozen=True, slots=True)
class Node:
    """A group with its figures now and before, and the groups inside it."""

    path: Path
    label: str
    now: Figures
    before: Figures
    children: tuple["Node", ...] = ()


def explore(connection: Connection, question: Question) -> Node:
    """Return the whole tree; its root is the total, its children the first dimension."""
    names = _names(connection)
    leaves: dict[Path, dict[bool, Figures]] = {}
    customers: dict[str, str] = {}
    for row in _rows(connection, question):
        if isinstance(row, CustomerGroupRow) and row.customer_id:
            customers[row.customer_id] = row.customer or "Erased customer"
        figures = leaves.setdefault(_path(row, question.groups), {})
        figures[row.is_now] = _figures(row)
    labels = {**names, **{("customer", key): name for key, name in customers.items()}}
    return _node((), leaves, question.groups, labels)


def buckets(period: Period, per: str) -> list[date]:
    """Every day, week (its Monday) or month (its first) the period touches, in order."""
    found = sorted(
        {_bucket(date.fromordinal(day), per) for day in range(period.start.toordinal(), period.end.toordinal())}
    )
    return found or [period.start]


def series(connection: Connection, question: Question, wanted: Container[Path]) -> dict[Path, dict[date, Figures]]:
    """Return revenue and cost over time of the groups wanted, at any depth; the empty path is the total."""
    sums: dict[Path, dict[date, list[Decimal]]] = {}
    for row in _time_rows(connection, question):
        path = _path(row, question.groups)
        amounts = (row.vendor_cost_usd, row.list_revenue_usd, row.realised_revenue_usd)
        for part in (path[:depth] for depth in range(len(path) + 1)):
            if part in wanted:
                known = sums.setdefault(part, {}).setdefault(row.bucket, [ZERO, ZERO, ZERO])
                known[:] = [one + other for one, other in zip(known, amounts, strict=True)]
    return {path: {day: _amounts(found) for day, found in days.items()} for path, days in sums.items()}


def _rows(connection: Connection, question: Question) -> Sequence[GroupRow | CustomerGroupRow]:
    period = question.period
    given = {
        "start": period.start,
        "end": period.end,
        "before_start": period.previous.start,
        "as_corrected": question.as_corrected,
    }
    return _ask(connection, question, given, by_group, by_customer)


def _time_rows(connection: Connection, question: Question) -> Sequence[OverTimeRow | CustomerOverTimeRow]:
    given: dict[str, object] = {
        "start": question.period.start,
        "end": question.period.end,
        "per": question.per,
        "as_corrected": question.as_corrected,
    }
    return _ask(connection, question, given, over_time, over_time_by_customer)


def _ask(
    connection: Connection, question: Question, given: dict[str, object], plain: Query[A], with_customers: Query[B]
) -> Sequence[A | B]:
    asked = {f"by_{name}": name in question.groups for name in DIMENSIONS}
    if question.needs_customers:
        return with_customers.all(connection, **given, **asked, **question.filters.parameters_with_customers())
    del asked["by_customer"]
    return plain.all(connection, **given, **asked, **question.filters.parameters())


def _names(connection: Connection) -> dict[tuple[str, str], str]:
    return {(row.dimension, row.name): row.display_name for row in dimension_names.all(connection)} | _FIXED_NAMES


_FIXED_NAMES = {
    ("request_type", "completion"): "Completion",
    ("request_type", "streaming"): "Streaming",
    ("request_type", "batch"): "Batch",
    ("key_mode", "system"): "Our key",
    ("key_mode", "own"): "Customer’s own key",
}


def _amounts(sums: list[Decimal]) -> Figures:
    cost, revenue, realised = sums
    return Figures(vendor_cost_usd=cost, list_revenue_usd=revenue, realised_revenue_usd=realised)


def _path(row: object, groups: Sequence[str]) -> Path:
    return tuple(str(getattr(row, "customer_id" if name == "customer" else name)) for name in groups)


def _figures(row: object) -> Figures:
    return total([row])


def _node(
    path: Path, leaves: dict[Path, dict[bool, Figures]], groups: Sequence[str], labels: dict[tuple[str, str], str]
) -> Node:
    depth = len(path)
    label = labels.get((groups[depth - 1], path[-1]), path[-1]) if path else "All"
    if depth == len(groups):
        own = leaves.get(path, {})
        return Node(path, label, own.get(True, Figures()), own.get(False, Figures()))
    inside: dict[str, dict[Path, dict[bool, Figures]]] = {}
    for leaf, figures in leaves.items():
        inside.setdefault(leaf[depth], {})[leaf] = figures
    children = tuple(_node((*path, key), part, groups, labels) for key, part in inside.items())
    return Node(
        path, label, total(child.now for child in children), total(child.before for child in children), children
    )


def _bucket(day: date, per: str) -> date:
    if per == "week":
        return date.fromordinal(day.toordinal() - day.weekday())
    return day.replace(day=1) if per == "month" else day
