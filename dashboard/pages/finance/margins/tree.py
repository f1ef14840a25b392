"""The explorer's table: groups that open, with their changes, lines and shares."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from flask import request, url_for

from dashboard.engine.figures import Figures, total
from dashboard.pages.finance.margins.asked import Asked, written
from dashboard.reports.margins import Node, Path
from dashboard.ui.changes import Change, change
from dashboard.ui.format import shares
from dashboard.ui.links import url_with
from dashboard.ui.svg import ShareBar, Sparkline, share_bar, sparkline

MOST_ROWS = 100
OTHERS = "…"
Series = dict[Path, dict[date, Figures]]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    level: int
    label: str
    href: str | None
    is_open: bool | None
    figures: Figures
    revenue_usd: Decimal
    margin_usd: Decimal
    margin_percent: Decimal | None
    change: Change | None
    spark: Sparkline | None
    share: Decimal | None
    bar: ShareBar | None
    explain_href: str | None


def lines(asked: Asked, root: Node, over_time: Series, buckets: list[date]) -> list[Line]:
    """Every visible row, parents before their children."""
    whole = Decimal(100) if margin_usd(asked, root.now) > 0 else None
    return list(_inside(asked, root, over_time, buckets, whole))


def total_line(asked: Asked, root: Node, over_time: Series, buckets: list[date]) -> Line:
    """The last row: everything together."""
    share = Decimal(100) if margin_usd(asked, root.now) > 0 else None
    return _line(asked, root, over_time, buckets, share, is_open=None, href=None)


def margin_usd(asked: Asked, figures: Figures) -> Decimal:
    """The margin in the value asked for, USD."""
    return figures.realised_margin_usd if asked.realised else figures.gross_margin_usd


def margin_percent(asked: Asked, figures: Figures) -> Decimal | None:
    """The margin in the value asked for, percent."""
    return figures.realised_margin_percent if asked.realised else figures.margin_percent


def revenue_usd(asked: Asked, figures: Figures) -> Decimal:
    """The revenue in the value asked for, USD."""
    return figures.realised_revenue_usd if asked.realised else figures.list_revenue_usd


def ordered(asked: Asked, nodes: Sequence[Node]) -> list[Node]:
    """The groups of one level in the order asked for; unknown ratios last."""
    reverse = asked.sort.direction == "descending"
    if asked.sort.key == "name":
        return sorted(nodes, key=lambda node: (node.label.lower(), node.path), reverse=reverse)
    known = [node for node in nodes if _sort_value(asked, node) is not None]
    unknown = [node for node in nodes if _sort_value(asked, node) is None]
    return sorted(known, key=lambda node: (_sort_value(asked, node), node.path), reverse=reverse) + unknown


def shown(asked: Asked, nodes: Sequence[Node]) -> list[Node]:
    """At most a hundred groups of a level; the rest is one row, so that the table still adds up."""
    found = ordered(asked, nodes)
    if len(found) <= MOST_ROWS:
        return found
    rest = found[MOST_ROWS - 1 :]
    others = Node(
        (*rest[0].path[:-1], OTHERS),
        f"{len(rest)} others",
        total(node.now for node in rest),
        total(node.before for node in rest),
    )
    return [*found[: MOST_ROWS - 1], others]


def visible(asked: Asked, node: Node) -> Iterator[Path]:
    """The groups the table shows, given what is open."""
    for place, child in enumerate(shown(asked, node.children)):
        yield child.path
        if child.children and asked.is_open(child.path, first=place == 0 and not node.path):
            yield from visible(asked, child)


def rows_href(asked: Asked, path: Path) -> str:
    """The ledger rows behind a group: the page's period and filters, narrowed to it."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if k in {"period", "from", "to", *FILTER_NAMES}]
    names = dict(zip(asked.question.groups, path, strict=False))
    query = [(k, v) for k, v in kept if k not in names] + list(names.items())
    return f"{url_for('ledger_rows.index')}?{urlencode(query)}" if query else url_for("ledger_rows.index")


FILTER_NAMES = ("provider", "model", "tier", "customer", "request_type", "key_mode", "status")


def _inside(
    asked: Asked, parent: Node, over_time: Series, buckets: list[date], whole: Decimal | None
) -> Iterator[Line]:
    nodes = shown(asked, parent.children)
    amounts: list[Decimal | int | None] = [margin_usd(asked, node.now) for node in nodes]
    parts = shares(amounts, whole) if whole else [None] * len(nodes)
    for place, (node, share) in enumerate(zip(nodes, parts, strict=True)):
        if not node.children:
            is_others = node.path[-1] == OTHERS
            href = None if is_others else rows_href(asked, node.path)
            yield _line(asked, node, over_time, buckets, share, is_open=None, href=href)
            continue
        is_open = asked.is_open(node.path, first=place == 0 and not parent.path)
        yield _line(
            asked, node, over_time, buckets, share, is_open=is_open, href=_twist(asked, parent, node, is_open=is_open)
        )
        if is_open:
            yield from _inside(asked, node, over_time, buckets, share)


def _line(
    asked: Asked,
    node: Node,
    over_time: Series,
    buckets: list[date],
    share: Decimal | None,
    *,
    is_open: bool | None,
    href: str | None,
) -> Line:
    now = margin_percent(asked, node.now)
    by_bucket = over_time.get(node.path, {})
    points = [margin_percent(asked, by_bucket[day]) if day in by_bucket else None for day in buckets]
    return Line(
        level=len(node.path),
        label=node.label,
        href=href,
        is_open=is_open,
        figures=node.now,
        revenue_usd=revenue_usd(asked, node.now),
        margin_usd=margin_usd(asked, node.now),
        margin_percent=now,
        change=change(now, margin_percent(asked, node.before), "percent", "up"),
        spark=sparkline(points, f"{node.label}: margin per cent by {asked.question.per}"),
        share=share,
        bar=share_bar(share),
        explain_href=url_with(explain=written(node.path) or "all") + "#explain",
    )


def _twist(asked: Asked, parent: Node, node: Node, *, is_open: bool) -> str:
    """The address with this group opened or closed; what is open now stays so."""
    now_open = {path for path in asked.opened if path != ("all",)}
    if asked.all_open:
        now_open = _all_paths(parent)
    elif not asked.chosen_open:
        now_open = {shown(asked, parent.children)[0].path} if not parent.path else set()
    wanted = now_open - {node.path} if is_open else now_open | {node.path}
    return url_with(open=sorted(written(path) for path in wanted) or "none")


def _all_paths(node: Node) -> set[Path]:
    return {child.path for child in node.children if child.children}.union(*(_all_paths(c) for c in node.children))


def _sort_value(asked: Asked, node: Node) -> Decimal | int | None:
    figures = node.now
    values: dict[str, Decimal | int | None] = {
        "requests": figures.requests,
        "credits": figures.credits_deducted,
        "revenue": revenue_usd(asked, figures),
        "cost": figures.vendor_cost_usd,
        "margin": margin_usd(asked, figures),
        "percent": margin_percent(asked, figures),
    }
    return values[asked.sort.key]
