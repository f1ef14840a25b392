"""What the Overview draws: tiles, chart, tiers, attention, activity."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from flask import url_for

from dashboard.engine.figures import Figures
from dashboard.reports.overview import Activity, Overview, TierFigures, Totals
from dashboard.ui.changes import Better, Change, Kind, against_target, change
from dashboard.ui.charts import Spec, spec
from dashboard.ui.format import count, credits, day, percent, plural, usd, usd_exact
from dashboard.ui.links import url_with
from dashboard.ui.plots import Below, Plot, Series, lines
from dashboard.ui.svg import Bullet, Domain, Sparkline, bullet, domain, sparkline

LOW_DAY_POINTS = Decimal(3)
MOST_LOSSES = 4
MOST_UNPRICED = 4


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure with its sparkline, comparison and notes."""

    title: str
    value: Decimal | int | None
    kind: str
    href: str
    spark: Sparkline | None
    change: Change | None
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Chart:
    """Revenue, cost and the margin between them, by day."""

    plot: Plot | None
    spec: Spec | None
    key: list[tuple[str, int, str]]
    days: list[tuple[date, Figures, Decimal | None]]


@dataclass(frozen=True, slots=True)
class TierLine:
    """A tier of the table, its difference from target and its bullet."""

    tier: TierFigures
    href: str
    difference: Change | None
    bullet: Bullet


@dataclass(frozen=True, slots=True)
class TierTable:
    """The tiers and what they come to together, on one scale."""

    lines: list[TierLine]
    all: TierLine
    scale: Domain


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that asks for attention."""

    title: str
    href: str | None
    word: str
    tone: str
    detail: str


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the recent activity."""

    happened_at: datetime
    text: str


def tiles(read: Overview) -> list[list[Tile]]:
    """Four money tiles, then five smaller ones."""
    now = read.now
    realised = now.figures.realised_margin_percent
    return [
        [
            _tile(
                read,
                "List revenue",
                "list_revenue",
                lambda t: t.figures.list_revenue_usd,
                "usd",
                "up",
                lambda f: f.list_revenue_usd,
                [f"realised {usd(now.figures.realised_revenue_usd)}"],
            ),
            _tile(
                read,
                "Vendor cost",
                "vendor_cost",
                lambda t: t.figures.vendor_cost_usd,
                "usd",
                None,
                lambda f: f.vendor_cost_usd,
                [_per_request(now)],
            ),
            _tile(
                read,
                "Gross margin",
                "gross_margin",
                lambda t: t.figures.gross_margin_usd,
                "usd",
                "up",
                lambda f: f.gross_margin_usd,
                [f"realised {usd(now.figures.realised_margin_usd)}"],
            ),
            _tile(
                read,
                "Gross margin %",
                "margin_percent",
                lambda t: t.figures.margin_percent,
                "percent",
                "up",
                lambda f: f.margin_percent,
                [f"target {percent(read.target_percent)} · realised {percent(realised)}"],
            ),
        ],
        [
            _tile(
                read,
                "Credits deducted",
                "credits_deducted",
                lambda t: t.figures.credits_deducted,
                "credits",
                None,
                None,
                [f"{credits(now.figures.credits_uncovered)} uncovered"],
            ),
            _tile(
                read,
                "Requests",
                "requests",
                lambda t: t.figures.requests,
                "count",
                None,
                None,
                [f"{count(now.own_key)} with own key"],
            ),
            _tile(
                read,
                "Active customers",
                "active_customers",
                lambda t: t.customers,
                "count",
                "up",
                None,
                [f"{count(now.customers - now.free_customers)} paying, {count(now.free_customers)} free"],
            ),
            _tile(
                read,
                "Success rate",
                "success_rate",
                lambda t: t.success_percent,
                "rate",
                "up",
                None,
                [f"{count(now.failed)} failed or limited"],
            ),
            _tile(
                read,
                "Price coverage",
                "coverage",
                lambda t: t.figures.coverage_percent,
                "rate",
                "up",
                None,
                [f"{plural(now.figures.unpriced_requests, 'request')} unpriced"],
            ),
        ],
    ]


def chart(read: Overview) -> Chart:
    """The gap between revenue and cost is the margin; below it the margin in percent, now and before."""
    days = list(read.days)
    now, before = read.now.figures, read.before.figures
    figures = list(read.days.values())
    percents = [one.margin_percent for one in figures]
    earlier = [one.margin_percent for one in read.days_before.values()]
    has_before = any(value is not None for value in earlier)
    plot = (
        lines(
            days,
            [
                Series("List revenue", [one.list_revenue_usd for one in figures], 1),
                Series("Vendor cost", [one.vendor_cost_usd for one in figures], 0),
            ],
            label=_chart_label(days, percents),
            between=(0, 1),
            note=_low_day(days, percents, now.margin_percent),
            below=Below(
                [Series("Gross margin", percents, 1)]
                + ([Series("Period before", earlier, 0, dashed=True)] if has_before else []),
                label="Gross margin per cent by day, against the period before",
            ),
        )
        if now.requests
        else None
    )
    key = [
        ("fill", 1, f"List revenue {usd(now.list_revenue_usd)}"),
        ("fill", 0, f"Vendor cost {usd(now.vendor_cost_usd)}"),
        ("faint", 1, f"Gross margin {usd(now.gross_margin_usd)}, {percent(now.margin_percent)}"),
    ]
    if has_before:
        key.append(("dash", 0, f"{plural(read.period.days, 'day')} before, {percent(before.margin_percent)}"))
    rows = list(zip(days, figures, earlier, strict=True))
    return Chart(plot, spec(plot) if plot else None, key, rows)


def tiers(read: Overview) -> TierTable:
    """Each tier against its target, and all together against the target of the mix."""
    shown = [tier.figures.margin_percent for tier in read.tiers]
    shown += [tier.figures.realised_margin_percent for tier in read.tiers]
    shown += [tier.target_percent for tier in read.tiers]
    scale = domain(shown)
    everything = TierFigures("", "All tiers", None, read.target_percent, read.now.customers, read.now.figures)
    return TierTable([_tier_line(tier, scale) for tier in read.tiers], _tier_line(everything, scale), scale)


def attention(read: Overview) -> list[Notice]:
    """What a person should look at, the dearest first."""
    return [*_pending(read), *_broken_proof(read), *_losses(read), *_unpriced(read), *_rest(read)]


def timeline(read: Overview) -> list[Event]:
    """The last things that happened, in words."""
    return [Event(one.happened_at, _words(one)) for one in read.activity]


def _tile(
    read: Overview,
    title: str,
    key: str,
    value: Callable[[Totals], Decimal | int | None],
    kind: Kind,
    better: Better,
    by_day: Callable[[Figures], Decimal | None] | None,
    notes: list[str],
) -> Tile:
    figures = list(read.days.values())
    spark = sparkline([by_day(one) for one in figures], f"{title} by day", height=24) if by_day else None
    had_before = read.before.figures.requests > 0
    moved = change(value(read.now), value(read.before), kind, better) if had_before else None
    return Tile(title, value(read.now), kind, url_with(explain=key) + "#explain", spark, moved, notes)


def _per_request(now: Totals) -> str:
    if now.figures.priced_requests == 0:
        return "no priced request"
    each = now.figures.vendor_cost_usd / now.figures.priced_requests
    return f"{usd_exact(each, 5)} per priced request"


def _chart_label(days: list[date], percents: list[Decimal | None]) -> str:
    known = [(value, on) for value, on in zip(percents, days, strict=True) if value is not None]
    lowest = f" Lowest margin on {day(min(known)[1], year=False)}." if known else ""
    return f"List revenue and vendor cost by day; the gap between them is the gross margin.{lowest}"


def _low_day(days: list[date], percents: list[Decimal | None], average: Decimal | None) -> tuple[int, str] | None:
    """Name the lowest day where it stands out from the period."""
    known = [(value, place) for place, value in enumerate(percents) if value is not None]
    if not known or average is None or len(known) < 3:  # noqa: PLR2004 - two days have no outlier
        return None
    value, place = min(known)
    if average - value < LOW_DAY_POINTS:
        return None
    return place, f"{day(days[place], year=False)}: lowest margin, {percent(value)}"


def _tier_line(tier: TierFigures, scale: Domain) -> TierLine:
    figures = tier.figures
    href = url_for("margins.index", group="tier,provider,model", tier=tier.name) if tier.name else ""
    return TierLine(
        tier,
        href,
        against_target(figures.margin_percent, tier.target_percent),
        bullet(figures.margin_percent, scale, tier.target_percent, figures.realised_margin_percent),
    )


def _pending(read: Overview) -> list[Notice]:
    waiting = read.standing.pending_prices
    if not waiting:
        return []
    return [Notice(plural(waiting, "price proposal"), None, "Pending", "warn", "Waiting for a second person")]


def _losses(read: Overview) -> list[Notice]:
    tiers_lost = [
        Notice(
            f"{tier.display_name} earns {percent(tier.figures.realised_margin_percent)} realised",
            url_for("margins.index", group="tier,provider,model", tier=tier.name, value="realised"),
            "Loss",
            "bad",
            f"Its credits were paid with {usd(tier.figures.realised_revenue_usd)}, the vendors charge "
            f"{usd(tier.figures.vendor_cost_usd)}",
        )
        for tier in read.tiers
        if (tier.figures.realised_margin_percent or 0) < 0
    ]
    models_lost = [
        Notice(
            f"{model.model} costs more than it earns",
            url_for("margins.index", group="model,tier", model=model.model),
            "Loss",
            "bad",
            f"{usd(model.list_revenue_usd)} list revenue against {usd(model.vendor_cost_usd)} vendor cost",
        )
        for model in read.models
        if model.vendor_cost_usd > model.list_revenue_usd
    ]
    return [*models_lost, *tiers_lost][:MOST_LOSSES]


def _unpriced(read: Overview) -> list[Notice]:
    return [
        Notice(
            f"{model.model} has no vendor price",
            url_for("margins.index", group="model,tier", model=model.model),
            "Unpriced",
            "unknown",
            f"{plural(model.unpriced_requests, 'request')} since {day(model.unpriced_since, year=False)}, left out of margins",
        )
        for model in read.models
        if model.unpriced_since is not None
    ][:MOST_UNPRICED]


def _broken_proof(read: Overview) -> list[Notice]:
    standing = read.standing
    if not standing.proof_broken:
        return []
    title = f"Ledger proof: {standing.proof_broken} of {standing.proof_laws} checks broken"
    return [
        Notice(title, "/control/ledger-proof", "Failed", "bad", "The figures may be wrong until this is understood")
    ]


def _rest(read: Overview) -> list[Notice]:
    standing, found = read.standing, []
    default = sum(model.default_multiplier_requests for model in read.models)
    if default:
        found.append(
            Notice(
                f"{plural(default, 'request')} without a price rule",
                None,
                "Default",
                "warn",
                "Charged at the default multiplier of 1.50",
            )
        )
    if standing.open_rejects:
        found.append(
            Notice(
                f"{plural(standing.open_rejects, 'usage row')} could not be taken",
                None,
                "Rejected",
                "warn",
                "Unknown provider or customer; kept to be repaired and sent again",
            )
        )
    if standing.proof_at is None:
        found.append(
            Notice(
                "The ledger proof never ran",
                "/control/ledger-proof",
                "Not run",
                "warn",
                "Run it to see that the books tie",
            )
        )
    elif not standing.proof_broken:
        found.append(
            Notice(
                f"Ledger proof, {standing.proof_laws} of {standing.proof_laws} checks",
                "/control/ledger-proof",
                "Passed",
                "good",
                f"Last run {day(standing.proof_at.date(), year=False)}, {standing.proof_at:%H:%M} UTC over all rows",
            )
        )
    return found


def _words(one: Activity) -> str:
    if one.kind == "proof":
        return f"Ledger proof ran: {one.what} checks passed"
    if one.kind == "import":
        return (
            f"{(one.what or '').capitalize()} imported from {one.object_kind}: {count(int(one.object_id or 0))} taken"
        )
    about = f" ({one.object_kind})" if one.object_kind else ""
    return f"{one.who}: {(one.what or '').replace('-', ' ').replace('_', ' ')}{about}"
