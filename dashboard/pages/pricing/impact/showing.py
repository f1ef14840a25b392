"""A replay as a page shows it: before and after, drawn and in tables. Proposals and the simulator include it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection

from dashboard.engine.figures import Figures
from dashboard.engine.impact_found import CustomerChange, Impact, Part
from dashboard.engine.spread import Bin
from dashboard.reports.choices import customer_names
from dashboard.reports.pricing.impact import ImpactRun, changed_since
from dashboard.reports.pricing.scopes import scope_title
from dashboard.ui.charts import Spec, spec
from dashboard.ui.format import count, credits, day, multiplier, points, usd
from dashboard.ui.histogram import Bar, histogram
from dashboard.ui.plots import Plot, Series, lines
from dashboard.ui.svg import Domain, Dumbbell, domain, dumbbell

CUSTOMERS_SHOWN = 25
SIGNED = {"usd": usd, "credits": credits, "percent": points, "count": count}
ROWS = (
    ("Credits due", "credits", "credits_due"),
    ("Credits uncovered", "credits", "credits_uncovered"),
    ("Credits deducted", "credits", "credits_deducted"),
    ("List revenue", "usd", "list_revenue_usd"),
    ("Realised revenue", "usd", "realised_revenue_usd"),
    ("Vendor cost", "usd", "vendor_cost_usd"),
    ("List margin", "usd", "gross_margin_usd"),
    ("List margin, %", "percent", "margin_percent"),
    ("Realised margin", "usd", "realised_margin_usd"),
    ("Realised margin, %", "percent", "realised_margin_percent"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One figure on two sides and the change in words; `charged` is what the ledger has, where that is a third."""

    title: str
    kind: str
    charged: Decimal | None
    before: Decimal | None
    after: Decimal | None
    change: str


@dataclass(frozen=True, slots=True)
class PartLine:
    """A tier or a model with the drawing of its margin."""

    part: Part
    bell: Dumbbell | None
    change: str


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """A customer by name; an erased one has none."""

    customer: CustomerChange
    name: str | None
    change: str


@dataclass(frozen=True, slots=True)
class ImpactView:
    """Everything the region needs of one scenario of one replay; without an impact it waits, runs or has failed."""

    run: ImpactRun
    scenario: int
    impact: Impact | None = None
    lines: Sequence[Line] = ()
    tiers: Sequence[PartLine] = ()
    models: Sequence[PartLine] = ()
    scale: Domain | None = None
    customers: Sequence[CustomerLine] = ()
    days: Plot | None = None
    days_spec: Spec | None = None
    spread: Plot | None = None
    bins: Sequence[tuple[str, int]] = ()
    assumed: Sequence[Line] = ()
    overtaken_by: Sequence[str] = ()

    @property
    def title(self) -> str:
        """What was replayed, in a few words: the multiplier where there is only one."""
        changes = self.run.asked[self.scenario - 1].changes
        return f"With {multiplier(changes[0].multiplier)}" if len(changes) == 1 else "With this price"

    @property
    def base(self) -> str:
        """What it is compared with, in a few words; replays of before know nothing but the ledger."""
        at = self.run.prices_at
        return "As charged" if at is None else f"Prices of {day(at)}"


def view_of(connection: Connection, run: ImpactRun, scenario: int = 1) -> ImpactView:
    """Bring a replay onto the page."""
    impacts = run.impacts
    if not 0 < scenario < len(impacts):
        return ImpactView(run, 1)
    impact = impacts[scenario]
    shown = impact.customers[:CUSTOMERS_SHOWN]
    names = customer_names(connection, tuple(one.user_id for one in shown))
    percents = [figures.margin_percent for part in impact.by_model for figures in (part.before, part.after)]
    tier_percents = [figures.margin_percent for part in impact.by_tier for figures in (part.before, part.after)]
    scale = domain([*percents, *tier_percents])
    plot = _days(impact)
    assumed = impact.assumed(run.assumed) if run.assumed.are_made else None
    return ImpactView(
        run,
        scenario,
        impact,
        lines_of(impact.before, impact.after, impact.charged),
        [_part(part, scale) for part in impact.by_tier],
        [_part(part, scale) for part in impact.by_model],
        scale,
        [CustomerLine(one, names.get(one.user_id), credits(one.change_credits, signed=True)) for one in shown],
        plot,
        spec(plot) if plot else None,
        _spread(impact),
        [(_range(one), one.customers) for one in impact.spread.bins],
        lines_of(impact.after, assumed) if assumed else (),
        _overtaken_by(connection, run),
    )


def _overtaken_by(connection: Connection, run: ImpactRun) -> list[str]:
    """Name the prices approved since that may decide some of these requests: the base is no longer what stands."""
    if run.config_id is None or run.prices_at is None:
        return []
    found = changed_since.all(connection, config_id=run.config_id, since=run.requested_at)
    return [
        f"PC-{one.number:04d} ({scope_title(one.tier_title, one.provider_title, one.model)} at {multiplier(one.multiplier)})"
        for one in found
    ]


def lines_of(before: Figures, after: Figures, charged: Figures | None = None) -> list[Line]:
    """Set two sides beside each other, figure by figure."""
    found = []
    for title, kind, name in ROWS:
        then, now = getattr(before, name), getattr(after, name)
        change = "–" if then is None or now is None else SIGNED[kind](now - then, signed=True)
        found.append(Line(title, kind, getattr(charged or before, name), then, now, change))
    return found


def _part(part: Part, scale: Domain) -> PartLine:
    change = part.after.credits_due - part.before.credits_due
    bell = dumbbell(part.before.margin_percent, part.after.margin_percent, scale)
    return PartLine(part, bell, credits(change, signed=True))


def _days(impact: Impact) -> Plot | None:
    days = [date.fromisoformat(part.name) for part in impact.by_day]
    return lines(
        days,
        [
            Series("With this price", [part.after.gross_margin_usd for part in impact.by_day], 1),
            Series("Without it", [part.before.gross_margin_usd for part in impact.by_day], 0),
        ],
        label="List margin by day, without and with this price; the same figures stand in the table below.",
    )


def _spread(impact: Impact) -> Plot | None:
    bars = [Bar(_edge(one.low), one.customers) for one in impact.spread.bins]
    return histogram(bars, label="Customers by the change in their credits; the same stands in the table below.")


def _edge(value: Decimal | None) -> str:
    return "less" if value is None else credits(value, signed=True)


def _range(one: Bin) -> str:
    if one.low is None:
        return f"less than {credits(one.high, signed=True)}"
    if one.high is None:
        return f"{credits(one.low, signed=True)} and more"
    return f"{credits(one.low, signed=True)} to less than {credits(one.high, signed=True)}"


def took(run: ImpactRun) -> str:
    """Say how long a replay took."""
    if run.started_at is None or run.finished_at is None:
        return ""
    return f"{_seconds(run.started_at, run.finished_at):,} s"


def _seconds(start: datetime, end: datetime) -> int:
    return max(1, round((end - start).total_seconds()))
