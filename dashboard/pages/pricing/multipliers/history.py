"""The history of one scope: every version, what it decided, and the multiplier as a line by steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from dashboard.engine import margin
from dashboard.reports.pricing.multipliers import Earned, RuleRow, ScopeHistory, Version, midnight
from dashboard.ui.charts import Spec, spec
from dashboard.ui.plots import Plot, Series, lines

LONGEST_DAYS = 366
AFTER_NOW = timedelta(days=14)
REASONS = {
    "initial_setup": "First multiplier of its kind",
    "vendor_price_change": "A vendor changed its price",
    "tier_optimization": "To make the tier fit better",
    "margin_protection": "To protect the margin",
    "manual_adjustment": "Adjusted by hand",
}


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version as it is shown."""

    version: Version
    state: str
    change_percent: Decimal | None
    target: Decimal
    reason: str
    who: str
    earned: Earned | None


@dataclass(frozen=True, slots=True)
class StepChart:
    """The drawing, its key, its live form, and the steps as a table."""

    plot: Plot | None
    spec: Spec | None
    key: list[tuple[str, int, str]]
    steps: list[RuleRow]


def version_lines(read: ScopeHistory, now: datetime) -> list[VersionLine]:
    """Every version, the newest first, with its change against the one that held before it."""
    return [
        VersionLine(
            version=version,
            state=_state(version, read.rules, now),
            change_percent=_change(version, read.rules),
            target=margin.target_percent(version.multiplier)
            if version.target_percent is None
            else version.target_percent,
            reason=REASONS.get(version.reason, version.reason),
            who=_who(version),
            earned=read.earned.get(version.id),
        )
        for version in read.versions
    ]


def step_chart(rules: Sequence[RuleRow], now: datetime) -> StepChart:
    """Draw what held and what is planned: at most a year back, and to two weeks after the last change."""
    if not rules:
        return StepChart(None, None, [], [])
    today = now.date()
    first = max(min(rule.effective_from.date() for rule in rules), today - timedelta(days=LONGEST_DAYS - 1))
    last = max([today, *(_planned(rule, now) + AFTER_NOW for rule in rules if _is_planned(rule, now))])
    days = [date.fromordinal(one) for one in range(min(first, today).toordinal(), last.toordinal() + 1)]
    values = [_at_end_of(day, rules, now) for day in days]
    planned = [value if day >= today else None for day, value in zip(days, values, strict=True)]
    held = [value if day <= today else None for day, value in zip(days, values, strict=True)]
    series = [Series("Break-even", [Decimal(1)] * len(days), 0, dashed=True), Series("In force", held, 1, stepped=True)]
    key = [("line", 1, "In force"), ("dash", 0, "Break-even, 1.00")]
    if last > today:
        series.append(Series("Planned", planned, 2, dashed=True, stepped=True))
        key.insert(1, ("dash", 2, "Planned"))
    plot = lines(days, series, label="The multiplier over time, by steps; above 1.00 it earns", unit="count")
    return StepChart(plot, spec(plot) if plot else None, key, list(reversed(rules)))


def _at_end_of(day: date, rules: Sequence[RuleRow], now: datetime) -> Decimal | None:
    """What held when the day ended; today, what holds now."""
    at = now if day == now.date() else midnight(day + timedelta(days=1)) - timedelta(microseconds=1)
    return next((rule.multiplier for rule in rules if rule.dated.holds_at(at)), None)


def _is_planned(rule: RuleRow, now: datetime) -> bool:
    return rule.effective_from > now or (rule.effective_until is not None and rule.effective_until > now)


def _planned(rule: RuleRow, now: datetime) -> date:
    return max(moment for moment in (rule.effective_from, rule.effective_until, now) if moment is not None).date()


def _state(version: Version, rules: Sequence[RuleRow], now: datetime) -> str:
    """A state as people say it: of the approved ones, what their dates make of them."""
    rule = next((rule for rule in rules if rule.id == version.id), None)
    if rule is None:
        return version.state
    if rule.effective_from > now:
        return "scheduled"
    if rule.dated.holds_at(now):
        return "active"
    return "superseded" if any(one.effective_from == rule.effective_until for one in rules) else "ended"


def _change(version: Version, rules: Sequence[RuleRow]) -> Decimal | None:
    at = version.effective_from or version.created_at
    before = [rule for rule in rules if rule.effective_from < at and rule.id != version.id]
    if not before:
        return None
    return margin.change_percent(version.multiplier, max(before, key=lambda rule: rule.effective_from).multiplier)


def _who(version: Version) -> str:
    if version.is_seed:
        return "Came with the product"
    written = f"by {version.authors}" if version.authors else ""
    approved = f"approved by {version.approvers}" if version.approvers else ""
    return ", ".join(part for part in (written, approved) if part) or "–"
