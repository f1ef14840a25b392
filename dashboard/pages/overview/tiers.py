"""The Overview's table of tiers against their targets."""

from dataclasses import dataclass

from dashboard.reports.overview import Overview, TierFigures
from dashboard.ui.changes import Change, against_target
from dashboard.ui.periods import in_period
from dashboard.ui.svg import Bullet, Domain, bullet, domain


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


def tiers(read: Overview) -> TierTable:
    """Each tier against its target, and all together against the target of the mix."""
    shown = [tier.figures.margin_percent for tier in read.tiers]
    shown += [tier.figures.realised_margin_percent for tier in read.tiers]
    shown += [tier.target_percent for tier in read.tiers]
    scale = domain(shown)
    everything = TierFigures("", "All tiers", None, read.target_percent, read.now.customers, read.now.figures)
    return TierTable([_tier_line(tier, scale) for tier in read.tiers], _tier_line(everything, scale), scale)


def _tier_line(tier: TierFigures, scale: Domain) -> TierLine:
    figures = tier.figures
    href = in_period("margins.index", group="tier,provider,model", tier=tier.name) if tier.name else ""
    return TierLine(
        tier,
        href,
        against_target(figures.margin_percent, tier.target_percent),
        bullet(figures.margin_percent, scale, tier.target_percent, figures.realised_margin_percent),
    )
