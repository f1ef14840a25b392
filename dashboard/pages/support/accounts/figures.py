"""What one customer earns us in some days: the explorer's own figures, of this customer alone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from flask import request, url_for
from sqlalchemy import Connection

from dashboard.engine.figures import Figures
from dashboard.engine.periods import Period
from dashboard.reports.filters import Filters
from dashboard.reports.margins import Node, Question, buckets, explore, series
from dashboard.reports.overview import Standing, standing
from dashboard.ui.charts import Spec, spec
from dashboard.ui.periods import PeriodChoice, read_period
from dashboard.ui.plots import Plot, bars
from dashboard.ui.plots import Series as Drawn

DAYS = 30


@dataclass(frozen=True, slots=True)
class CustomerFigures:
    """The total, the models, the days, and the chart of what was given for how much, in these days."""

    choice: PeriodChoice
    view: str
    total: Figures
    before: Figures
    models: list[Node]
    days: list[tuple[date, Figures]]
    plot: Plot | None
    spec: Spec | None
    key: list[tuple[str, int, str]]
    margins_href: str
    rows_href: str
    standing: Standing


def figures_of(connection: Connection, customer_id: UUID, *, now: datetime) -> CustomerFigures:
    """Ask the explorer about one customer, by model and by day."""
    choice = _choice(now.date())
    view = "cash" if request.args.get("reversals") == "cash" else "corrected"
    asked = Question(
        choice.period, Filters(customers=(customer_id,)), ("provider", "model"), "day", as_corrected=view == "corrected"
    )
    root = explore(connection, asked)
    days = buckets(choice.period, "day")
    over_time = series(connection, asked, {()}).get((), {})
    by_day = [(day, over_time.get(day, Figures())) for day in days]
    models = sorted(
        (model for provider in root.children for model in provider.children),
        key=lambda node: (-node.now.list_revenue_usd, -node.now.vendor_cost_usd, node.path),
    )
    plot = _plot(by_day) if root.now.requests else None
    return CustomerFigures(
        choice=choice,
        view=view,
        total=root.now,
        before=root.before,
        models=models,
        days=by_day,
        plot=plot,
        spec=spec(plot) if plot else None,
        key=[("fill", 1, "List revenue"), ("fill", 2, "Vendor cost, below zero")],
        margins_href=_href("margins.index", choice, customer=customer_id, group="model", reversals=_corrected(view)),
        rows_href=_href("ledger_rows.index", choice, customer=customer_id),
        standing=standing.one(connection),
    )


def _choice(today: date) -> PeriodChoice:
    """The days asked for; unasked, the last thirty with today, so that what support does shows at once."""
    if any(request.args.get(name) for name in ("period", "from", "to")):
        return read_period(today)
    period = Period.ending(today + timedelta(days=1), DAYS)
    return PeriodChoice(period, None, period.start.isoformat(), period.last.isoformat())


def _plot(by_day: list[tuple[date, Figures]]) -> Plot | None:
    earned = Drawn("List revenue", [one.list_revenue_usd for _, one in by_day], 1)
    spent = Drawn("Vendor cost", [Decimal(0) - one.vendor_cost_usd for _, one in by_day], 2)
    label = "List revenue above zero and vendor cost below it, by day; the same figures stand in the table below."
    return bars([day for day, _ in by_day], [earned, spent], label=label, per="day")


def _corrected(view: str) -> str | None:
    return "corrected" if view == "corrected" else None


def _href(endpoint: str, choice: PeriodChoice, **query: object) -> str:
    period: dict[str, object] = {"period": choice.name} if choice.name else {"from": choice.first, "to": choice.last}
    return url_for(endpoint, **{**query, **period})  # type: ignore[arg-type]  # url_for takes any value
