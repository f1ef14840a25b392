"""What a difference does: who agrees with it, what a month's usage costs by it, and which rules would answer it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from dashboard.engine.price_effect import VARIANTS, Effect, PlannedRule, effects, planned_rules
from dashboard.engine.price_proposals import CLASSES
from dashboard.engine.rating import Rates
from dashboard.reports.pricing.price_lines import SAID, LineRow, agreeing, lines
from dashboard.reports.pricing.vendor_prices import (
    RuleRow,
    VolumeRow,
    last_month,
    vendor_price_rules,
    vendor_price_volumes,
)
from dashboard.ui.exports import Column
from dashboard.ui.format import multiplier, percent

STATES = {
    "waiting": ("open",),
    "unused": ("open",),
    "blocked": ("blocked",),
    "decided": ("accepted", "refused"),
    "same": ("same",),
}
COLUMNS = (
    Column("Source"),
    Column("Provider"),
    Column("Model"),
    Column("State"),
    Column("Class"),
    Column("Input now, USD per 1,000 tokens", "usd_exact"),
    Column("Input as said", "usd_exact"),
    Column("Output now, USD per 1,000 tokens", "usd_exact"),
    Column("Output as said", "usd_exact"),
    Column("Input change, %", "percent"),
    Column("Output change, %", "percent"),
    Column("Holds from", "instant"),
    Column("Cost of 30 days’ usage changes by, USD", "usd_exact"),
    Column("Sources that agree"),
    Column("Sources that differ"),
    Column("First seen", "instant"),
    Column("Blocked because"),
    Column("Decided by"),
    Column("Decided because"),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A line of the list: what the source says, who agrees, and what a month's usage would cost more."""

    row: LineRow
    agree: list[str]
    differ: list[str]
    requests: int
    cost_change_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A variant of the answer: its name, what it means in words, and the rules it makes."""

    variant: str
    title: str
    words: str
    rules: list[PlannedRule]
    moves: bool = True  # whether any ordinary price moves: what a rule can answer

    @property
    def drafted(self) -> list[PlannedRule]:
        """The rules one click writes: what changes nothing is noise, what loses money is nobody's one click."""
        unmoved = self.variant == "keep_price"
        if not self.moves:
            return []
        return [
            rule
            for rule in self.rules
            if rule.changes and not rule.is_below_cost and not (unmoved and rule.multiplier == rule.multiplier_before)
        ]


def belongs(show: str, one: Difference) -> bool:
    """First prices of models nobody used are apart: they press nobody."""
    if one.row.state not in STATES[show]:
        return False
    is_unused = one.row.change_class == "new" and not one.requests
    return is_unused == (show == "unused") if one.row.state == "open" else True


def all_differences(connection: Connection, at: datetime) -> list[Difference]:
    """Weigh every line a source says now or that was decided."""
    rows = lines(connection, SAID)
    of_models: dict[tuple[str, str], list[LineRow]] = {}
    for row in rows:
        of_models.setdefault(row.key, []).append(row)
    volumes: dict[tuple[str, str], list[VolumeRow]] = {}
    for volume in volumes_of(connection, at):
        volumes.setdefault((volume.provider, volume.model), []).append(volume)
    return [_difference(row, of_models[row.key], volumes.get(row.key, [])) for row in rows]


def _difference(row: LineRow, others: list[LineRow], volumes: list[VolumeRow]) -> Difference:
    latest = {other.origin: other for other in sorted(others, key=lambda other: other.seen_at)}
    agree, differ = agreeing(row, latest.values())
    found = effects_of(row, volumes, []) if row.state != "blocked" else []
    change = sum((effect.cost_change_usd for effect in found), Decimal(0)) if found else None
    return Difference(row, agree, differ, sum(volume.requests for volume in volumes), change)


def volumes_of(
    connection: Connection, at: datetime, provider: str | None = None, model: str | None = None
) -> list[VolumeRow]:
    """What each tier used of a model, or of all, in the 30 whole days before."""
    start, end = last_month(at.date())
    return vendor_price_volumes.all(connection, start=start, end=end, provider=provider, model=model)


def effects_of(row: LineRow, volumes: list[VolumeRow], rules: list[RuleRow]) -> list[Effect]:
    """What the line does to each tier; a first price is weighed against nothing."""
    nothing = Rates(Decimal(0), Decimal(0))
    by_tier = {one.tier: one.rule for one in rules}
    return effects(row.known_rates or nothing, row.rates, [volume.volume for volume in volumes], by_tier)


def plans_of(connection: Connection, row: LineRow, at: datetime) -> list[Plan]:
    """Both variants of the answer, as things are now."""
    volumes = volumes_of(connection, at, row.provider, row.model)
    return planned(row, volumes, vendor_price_rules.all(connection, provider=row.provider, model=row.model, at=at))


def planned(row: LineRow, volumes: list[VolumeRow], rules: list[RuleRow]) -> list[Plan]:
    """Both variants for a changed price; a first price is answered by the rules there are."""
    old = row.known_rates
    if old is None or row.state not in {"open", "accepted"} or not rules:
        return []
    found = []
    for variant, title in VARIANTS.items():
        rules_made = planned_rules(
            variant, old, row.rates, [volume.volume for volume in volumes], [one.rule for one in rules]
        )
        found.append(Plan(variant, title, _words(variant, row, rules_made), rules_made, bool(row.largest_change)))
    return found


def _words(variant: str, row: LineRow, planned: list[PlannedRule]) -> str:
    moved = ", ".join(
        f"{name} {percent(change, signed=True)}"
        for name, change in (("input", row.change_percent_input), ("output", row.change_percent_output))
        if change is not None
    )
    before = " and ".join(sorted({multiplier(rule.multiplier_before) for rule in planned}))
    lead = f"{row.source} changes the price of {row.model} ({moved})."
    if variant == "keep_margin":
        return f"{lead} No change is needed to keep the margin percentage: {before} stays, and what customers pay follows the cost."
    return f"{lead} The multiplier moves so that customers go on paying what they paid at {before}, at the mix of the last 30 days."


def file_row(one: Difference) -> list[object]:
    """The difference as a row of the export."""
    row = one.row
    return [
        row.source,
        row.provider_name,
        row.model,
        row.state,
        CLASSES.get(row.change_class or "", ""),
        row.known_input_usd,
        row.input_usd,
        row.known_output_usd,
        row.output_usd,
        row.change_percent_input,
        row.change_percent_output,
        row.effective_from,
        one.cost_change_usd,
        ", ".join(one.agree),
        ", ".join(one.differ),
        row.first_seen_at,
        row.blocked_reason,
        row.decided_by,
        row.decision_reason,
    ]
