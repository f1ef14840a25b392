"""The prices we charge: what a proposal says, and the rules it must keep (domain §7).

The database holds the same rules (migrations, price_refusal); this says all that is wrong at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dashboard.engine.credits import in_words
from dashboard.engine.money import decimals
from dashboard.engine.price_scopes import (
    PriceFacts,
    Scoped,
    floor,
    gap_after,
    is_scope,
    is_shadowed,
    of_scope,
    providers_of,
)

MOST = Decimal("99.99")
DECIMALS = 4
LONGEST_DETAILS = 2000
REASONS = {
    "vendor_price_change": "A vendor changed its price",
    "tier_optimization": "To make a tier fit better",
    "margin_protection": "To protect the margin",
    "manual_adjustment": "Another reason, in the details",
    "initial_setup": "First multiplier of its kind",
}
ACKNOWLEDGEMENTS = {
    "below_cost": "This sells below what it costs us.",
    "below_floor": "This is below the floor of a tier.",
}
# Field and sentence of every refusal the database knows too; {} is what it is about.
REFUSALS = {
    "inactive_tier": ("tier", "The tier {} is not active, so this price would never be used."),
    "unknown_tier": ("tier", "There is no such tier."),
    "unknown_provider": ("provider", "There is no such provider."),
    "unknown_model": ("model", "No provider of this scope has such a model, so this price would never be used."),
    "bad_scope": (
        "scope_type",
        "Name a tier alone, a provider alone, a model and perhaps its provider, or for a combination a tier with one of these.",
    ),
    "out_of_bounds": ("multiplier", "Give a multiplier above 0 and at most 99.99, with at most 4 decimals."),
    "back_dated": (
        "effective_from",
        "The start has passed: what was charged keeps its price. Give a time still to come, or none to start at approval.",
    ),
    "empty_window": ("effective_until", "It would end before it begins. Give an end after the start, or none."),
    "below_cost": ("acknowledges", "This sells below what it costs us: say that it is meant."),
    "below_floor": ("acknowledges", "This is below the tier's floor of {}: say that it is meant."),
    "shadowed": (
        "scope_type",
        "This price would never be used: more particular ones hold for everything it speaks of, all that time.",
    ),
    "overlaps": (
        "effective_until",
        "Another price of the same scope is approved from {} UTC: end this one by then, or withdraw that one first.",
    ),
    "leaves_default": (
        "effective_until",
        "After its end no price of ours would hold for {}. Leave the end open, or have what follows approved first.",
    ),
}

# The field that is wrong, and why.
Refusal = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PriceDraft:
    """A multiplier as somebody proposes it; without `effective_from` it holds from its approval on.

    `acknowledges` holds what the author knowingly takes: keys of ACKNOWLEDGEMENTS.
    `source` says where the proposal comes from, as JSON, e.g. {"kind": "scenario", "id": …}.
    """

    scope_type: str
    multiplier: Decimal
    reason: str
    tier: str | None = None
    provider: str | None = None
    model: str | None = None
    effective_from: datetime | None = None
    effective_until: datetime | None = None
    reason_details: str | None = None
    urgent: bool = False
    acknowledges: frozenset[str] = frozenset()
    target_margin_percent: Decimal | None = None
    source: Mapping[str, object] | None = None


def faults(draft: PriceDraft, facts: PriceFacts) -> dict[str, str]:
    """Return what keeps a draft from being kept at all, by field."""
    found = dict(_scope_faults(draft, facts))
    if not (draft.multiplier.is_finite() and 0 < draft.multiplier <= MOST and decimals(draft.multiplier) <= DECIMALS):
        found.update([refusal("out_of_bounds")])
    if _is_empty(draft.effective_from, draft.effective_until):
        found.update([refusal("empty_window")])
    if draft.reason not in REASONS:
        found["reason"] = f"Choose one of {', '.join(REASONS)}."
    if len(draft.reason_details or "") > LONGEST_DETAILS:
        found["reason_details"] = f"Give at most {LONGEST_DETAILS:,} characters."
    elif draft.reason == "manual_adjustment" and not (draft.reason_details or "").strip():
        found["reason_details"] = "Say what the reason is."
    if not draft.acknowledges <= ACKNOWLEDGEMENTS.keys():
        found["acknowledges"] = f"Only {' and '.join(ACKNOWLEDGEMENTS)} can be acknowledged."
    target = draft.target_margin_percent
    if target is not None and not (target.is_finite() and -1_000_000 < target < 100):  # noqa: PLR2004 - a margin below 100 %
        found["target_margin_percent"] = "Give a margin below 100 percent, or none."
    return found


def problems(draft: PriceDraft, facts: PriceFacts, now: datetime) -> dict[str, str]:
    """Return everything that keeps this from being submitted at this moment, by field; empty when nothing does."""
    found = faults(draft, facts)
    if not found:
        start = draft.effective_from or now
        checks: list[Refusal | None] = [_back_dated(draft, now), _unacknowledged(draft, facts, start)]
        # From a start that cannot be, nothing else can be judged.
        if checks[0] is None:
            checks += [
                _shadowed(draft, facts, start, draft.effective_until),
                _overlapping(draft, facts, start),
                _gap(draft, facts, start),
            ]
        for field, sentence in filter(None, checks):
            found.setdefault(field, sentence)
    return found


def unreachable(scope: Scoped, facts: PriceFacts, start: datetime, until: datetime | None = None) -> str | None:
    """Say why a price of this scope would never be used between these moments, or None if it can be."""
    refused = next(iter(_scope_faults(scope, facts)), None) or _shadowed(scope, facts, start, until)
    return refused and refused[1]


def refusal(word: str, about: object = None) -> Refusal:
    """Return the field and the sentence of a refusal."""
    field, sentence = REFUSALS[word]
    return field, sentence.format(about)


def _scope_faults(scope: Scoped, facts: PriceFacts) -> list[Refusal]:
    found = []
    if scope.tier in facts.inactive_tiers:
        found.append(refusal("inactive_tier", scope.tier))
    elif scope.tier is not None and scope.tier not in facts.active_tiers:
        found.append(refusal("unknown_tier"))
    if scope.provider is not None and scope.provider not in facts.providers:
        found.append(refusal("unknown_provider"))
    elif scope.model is not None and not providers_of(scope, facts):
        found.append(refusal("unknown_model"))
    return found or ([] if is_scope(scope) else [refusal("bad_scope")])


def _back_dated(draft: PriceDraft, now: datetime) -> Refusal | None:
    if draft.effective_from is not None and draft.effective_from < now:
        return refusal("back_dated")
    return refusal("empty_window") if _is_empty(draft.effective_from or now, draft.effective_until) else None


def _unacknowledged(draft: PriceDraft, facts: PriceFacts, start: datetime) -> Refusal | None:
    if draft.multiplier < 1:
        return None if "below_cost" in draft.acknowledges else refusal("below_cost")
    lowest = floor(draft, facts, start, draft.effective_until)
    if lowest is None or draft.multiplier >= lowest or "below_floor" in draft.acknowledges:
        return None
    return refusal("below_floor", in_words(lowest))


def _shadowed(scope: Scoped, facts: PriceFacts, start: datetime, until: datetime | None) -> Refusal | None:
    return refusal("shadowed") if is_shadowed(scope, facts, start, until) else None


def _overlapping(draft: PriceDraft, facts: PriceFacts, start: datetime) -> Refusal | None:
    until = draft.effective_until
    later = [
        held.effective_from
        for held in of_scope(draft, facts)
        if held.effective_from >= start and (until is None or held.effective_from < until)
    ]
    return refusal("overlaps", f"{min(later):%Y-%m-%d %H:%M}") if later else None


def _gap(draft: PriceDraft, facts: PriceFacts, start: datetime) -> Refusal | None:
    where = gap_after(draft, facts, start, draft.effective_until)
    return refusal("leaves_default", where) if where else None


def _is_empty(start: datetime | None, until: datetime | None) -> bool:
    return start is not None and until is not None and until <= start
