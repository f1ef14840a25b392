"""What a change of a plan or the policy does: now, after, and in words."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dashboard.engine.credits import Policy, credits_for
from dashboard.engine.plans import PlanOrder, PolicyOrder, Terms, TierStateOrder, TierVersionOrder, full_use_multiplier
from dashboard.reports.pricing.tiers import ChangeRow, PolicyRow, TierRow, VersionRow
from dashboard.ui.format import count, credits, day, exact, instant, multiplier, percent, plural, usd

SHOWN = {
    "monthly_price_usd": ("Price per month", usd),
    "annual_price_usd": ("Price per year", usd),
    "monthly_credit_allocation": ("Credits per month", credits),
    "max_credit_rollover": ("Carried over at most", credits),
    "floor_multiplier": ("Floor of the multiplier", multiplier),
    "trial_days": ("Trial, days", count),
}
SMALL_COSTS = (Decimal("0.00004"), Decimal("0.0015"), Decimal("0.0225"))


@dataclass(frozen=True, slots=True)
class Line:
    """One thing as it is and as it would be."""

    name: str
    now: str
    after: str

    @property
    def differs(self) -> bool:
        """Whether it changes."""
        return self.now != self.after


@dataclass(frozen=True, slots=True)
class Effect:
    """The lines of a change, who it concerns, and what the button says."""

    title: str
    lines: list[Line]
    notes: list[str]
    start: str
    verb: str


def effect_of_version(order: TierVersionOrder, held: Terms, tier: TierRow) -> Effect:
    """What another version of a tier changes."""
    lines = [
        Line(title, write(getattr(held, name)), write(getattr(order.terms, name)))
        for name, (title, write) in SHOWN.items()
    ]
    lines.append(Line("Break-even utilisation on these terms", *_break_evens(tier, held, order.terms)))
    lines.append(Line("Multiplier that pays for full use", *(_full_use(tier, one) for one in (held, order.terms))))
    runs, keeps = ("runs", "keeps") if tier.subscribers == 1 else ("run", "keep")
    kept = f"{plural(tier.subscribers, 'subscription')} that {runs} on {tier.display_name} {keeps} the price and credits agreed"
    notes = [f"{kept}; those begun from then on take this version."]
    start = _start(order.effective_from)
    return Effect(
        f"{tier.display_name}, {start}",
        lines,
        notes,
        start,
        f"{tier.display_name} at {usd(order.monthly_price_usd)} {_verb_start(order.effective_from)}",
    )


def effect_of_state(order: TierStateOrder, name: str) -> Effect:
    """What taking a tier in or out of sale or use changes."""
    words = {True: "yes", False: "no"}
    lines = [
        Line("Sold", words[order.was_sold], words[order.is_sold]),
        Line("In use", words[order.was_active], words[order.is_active]),
    ]
    notes = ["Nobody new can take a tier that is not sold; whoever has it keeps it."]
    verb = f"{name}: {'sold' if order.is_sold else 'not sold'}, {'in use' if order.is_active else 'not in use'}"
    return Effect(f"{name}, at approval", lines, notes, "at approval", verb)


def effect_of_policy(order: PolicyOrder, held: Policy) -> Effect:
    """What another credit policy changes, with three charges as examples."""
    after = order.policy
    lines = [
        Line("Value of a credit", f"${exact(held.unit_usd)}", f"${exact(after.unit_usd)}"),
        Line("Charged in steps of", credits(held.increment, unit=True), credits(after.increment, unit=True)),
    ]
    lines += [
        Line(
            f"A value of ${exact(value)} is charged",
            *(credits(credits_for(value, one), unit=True) for one in (held, after)),
        )
        for value in SMALL_COSTS
    ]
    start = _start(order.effective_from)
    notes = ["Requests are rated by when they started; what was charged stays as it was."]
    step = credits(after.increment, unit=True)
    return Effect(
        f"Credit policy, {start}", lines, notes, start, f"steps of {step} {_verb_start(order.effective_from)}"
    )


def effect_of_change(
    change: ChangeRow, tiers: list[TierRow], versions: list[VersionRow], policies: list[PolicyRow]
) -> Effect:
    """What a request does, against what it was made from."""
    order = change.order
    if isinstance(order, PolicyOrder):
        made_from = next((row for row in policies if row.effective_from == order.based_on), policies[-1])
        return effect_of_policy(order, made_from.policy)
    tier = next(row for row in tiers if row.tier == order.tier)
    if isinstance(order, TierStateOrder):
        return effect_of_state(order, tier.display_name)
    of_tier = [row for row in versions if row.tier == order.tier]
    held = next((row for row in of_tier if row.effective_from == order.based_on), of_tier[-1])
    return effect_of_version(order, held.terms, tier)


def title_of(order: PlanOrder, names: dict[str, str]) -> str:
    """A change in a few words, for lists."""
    if isinstance(order, PolicyOrder):
        return f"Credit policy: ${exact(order.unit_usd)}, steps of {credits(order.increment)}"
    name = names.get(order.tier, order.tier)
    if isinstance(order, TierStateOrder):
        return f"{name}: {'sold' if order.is_sold else 'not sold'}, {'in use' if order.is_active else 'not in use'}"
    return f"{name}: {usd(order.monthly_price_usd)} a month, {credits(order.monthly_credit_allocation, unit=True)}"


def start_of(order: PlanOrder) -> str:
    """From when it would hold, in words."""
    return "at approval" if isinstance(order, TierStateOrder) else _start(order.effective_from)


def _start(start: datetime | None) -> str:
    return "at approval" if start is None else f"from {instant(start)}"


def _verb_start(start: datetime | None) -> str:
    """Short enough for a button."""
    return "at approval" if start is None else f"from {day(start)}"


def _break_evens(tier: TierRow, held: Terms, after: Terms) -> tuple[str, str]:
    return percent(tier.break_even_of(held)), percent(tier.break_even_of(after))


def _full_use(tier: TierRow, terms: Terms) -> str:
    return multiplier_or_none(
        full_use_multiplier(terms.monthly_price_usd, terms.monthly_credit_allocation, tier.unit_usd)
    )


def multiplier_or_none(value: Decimal | None) -> str:
    """A derived multiplier, rounded up to what a multiplier can be; `none` where no multiplier pays."""
    if value is None:
        return "none: it has no price"
    return multiplier(rounded_up(value))


def rounded_up(value: Decimal) -> Decimal:
    """Round up to the 4 decimals a multiplier has."""
    step = Decimal("0.0001")
    whole, rest = divmod(value, step)
    return (whole + (1 if rest else 0)) * step
