"""The explorer's chart and what explains a number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask import url_for

from dashboard.engine.figures import Figures
from dashboard.pages.finance.margins.asked import GROUPINGS, PER_TITLES, Asked
from dashboard.pages.finance.margins.tree import Series, margin_percent, margin_usd, ordered, revenue_usd, rows_href
from dashboard.reports.margins import Node, Path, by_customer, by_group
from dashboard.ui.charts import Spec, spec
from dashboard.ui.format import count, credits, full, usd
from dashboard.ui.plots import Plot, bars
from dashboard.ui.plots import Series as Drawn

MOST_SERIES = 7


@dataclass(frozen=True, slots=True)
class Chart:
    """Stacked bars of the margin, their key and their table."""

    title: str
    plot: Plot | None
    spec: Spec | None
    key: list[tuple[str, int, str]]
    names: list[str]
    rows: list[tuple[date, list[Decimal]]]
    totals: list[Decimal]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What stands in the callout of one group's margin."""

    title: str
    formula: str
    rows: str
    query: str
    query_href: str
    rows_href: str


def chart(asked: Asked, root: Node, over_time: Series, buckets: list[date]) -> Chart:
    """The margin over time, stacked by the first dimension: the largest seven and the rest."""
    drawn = largest(asked, root.children)
    shown = ordered(asked, drawn)
    series = [Drawn(node.label, _over(asked, over_time, [node.path], buckets), n) for n, node in enumerate(shown, 1)]
    rest = len(root.children) - len(drawn)
    if rest:
        others = _rest(asked, over_time, {node.path for node in drawn}, buckets)
        series.append(Drawn(f"{rest} others", others, 8))
    known = [[Decimal(value or 0) for value in one.values] for one in series]
    sums = [sum(column, Decimal(0)) for column in known]
    plot = bars(buckets, series, label=_label(asked), per=asked.question.per) if root.now.requests else None
    key = [("fill", one.key, f"{one.name} {usd(amount)}") for one, amount in zip(series, sums, strict=True)]
    key.append(("words", 0, f"together {usd(margin_usd(asked, root.now))}"))
    table = [(day, [column[place] for column in known]) for place, day in enumerate(buckets)]
    return Chart(_title(asked), plot, spec(plot) if plot else None, key, [one.name for one in series], table, sums)


def largest(asked: Asked, nodes: Sequence[Node]) -> list[Node]:
    """Choose the groups the chart draws by name: the largest seven, gains and losses alike."""
    return sorted(nodes, key=lambda node: (-abs(margin_usd(asked, node.now)), node.path))[:MOST_SERIES]


def explanation(asked: Asked, root: Node) -> Explanation | None:
    """Explain the margin of the group the address names."""
    node = None if asked.explained is None else _find(root, asked.explained)
    if node is None:
        return None
    query = by_customer if asked.question.needs_customers else by_group
    return Explanation(
        title=f"{_percent(asked, node.now)}, {node.label}",
        formula=_formula(asked, node.now),
        rows=_rows(node.now),
        query=f"queries/{query.name}.sql",
        query_href=url_for("queries.show", name=query.name),
        rows_href=rows_href(asked, node.path).replace("/ledger-rows", "/ledger-rows/export/csv", 1),
    )


def _over(asked: Asked, over_time: Series, paths: list[Path], buckets: list[date]) -> list[Decimal]:
    return [
        sum((margin_usd(asked, over_time.get(path, {}).get(day, Figures())) for path in paths), Decimal(0))
        for day in buckets
    ]


def _rest(asked: Asked, over_time: Series, drawn: set[Path], buckets: list[date]) -> list[Decimal]:
    everything = _over(asked, over_time, [()], buckets)
    shown = _over(asked, over_time, sorted(drawn), buckets)
    return [whole - part for whole, part in zip(everything, shown, strict=True)]


def _title(asked: Asked) -> str:
    first = GROUPINGS[asked.question.groups[0]].lower()
    value = "Realised margin" if asked.realised else "Gross margin"
    return f"{value} by {PER_TITLES[asked.question.per].lower()} and {first}"


def _label(asked: Asked) -> str:
    return f"{_title(asked)}, stacked; the same figures stand in the table below."


def _find(node: Node, path: Path) -> Node | None:
    if node.path == path:
        return node
    inside = next((child for child in node.children if child.path == path[: len(child.path)]), None)
    return None if inside is None else _find(inside, path)


def _percent(asked: Asked, figures: Figures) -> str:
    value = margin_percent(asked, figures)
    return "–" if value is None else f"{value:.1f}%".replace("-", "−")


def _formula(asked: Asked, figures: Figures) -> str:
    name = "realised revenue" if asked.realised else "list revenue"
    revenue, margin, value = revenue_usd(asked, figures), margin_usd(asked, figures), margin_percent(asked, figures)
    result = "no revenue, so no percentage" if value is None else f"{value:.4f}%".replace("-", "−")
    return (
        f"({name} − vendor cost) ÷ {name} = ({full(revenue, 'usd')} − {full(figures.vendor_cost_usd, 'usd')}) ÷ "
        f"{usd(revenue)} = {usd(margin)} ÷ {usd(revenue)} = {result}. Credits: {credits(figures.credits_due)} due − "
        f"{credits(figures.credits_uncovered)} uncovered = {credits(figures.credits_deducted)} deducted."
    )


def _rows(figures: Figures) -> str:
    left_out = [
        f"{count(number)} {why}"
        for number, why in (
            (figures.unpriced_requests, "without a vendor price"),
            (figures.uncharged_requests, "failed, limited or with the customer’s own key, at no cost"),
        )
        if number
    ]
    sentence = f"{count(figures.priced_requests)} priced requests of {count(figures.requests)}."
    return f"{sentence} Left out: {', '.join(left_out)}." if left_out else sentence
