"""What the form as typed comes to: a preview, what stands in its way, what it must own up to, what is missing."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from dashboard.engine.price_scopes import floor
from dashboard.engine.pricing import MOST, PriceDraft, problems, refusal
from dashboard.pages.pricing.proposals.form import NUMBER, Typed, read
from dashboard.pages.pricing.proposals.preview import Change, Preview, preview_of
from dashboard.reports.pricing.proposal_facts import Surroundings
from dashboard.reports.pricing.proposals import Proposal
from dashboard.ui.format import multiplier, percent

TITLES = {
    "scope_type": "What it applies to",
    "tier": "Tier",
    "provider": "Provider",
    "model": "Model",
    "multiplier": "Multiplier",
    "effective_from": "Start",
    "effective_until": "End",
    "reason": "Reason",
    "reason_details": "Details",
    "source": "Where it comes from",
}
REQUIRED = ("multiplier", "reason")
# Only for working things out while nobody has chosen one.
SOME_REASON = "margin_protection"


@dataclass(frozen=True, slots=True)
class Need:
    """Something the author must own up to, and what it means."""

    name: str
    lead: str
    sentence: str
    words: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The form, worked out; `problems` by field, only of what was filled in already."""

    preview: Preview | None
    start: datetime | None
    end: datetime | None
    problems: dict[str, str]
    need: Need | None
    missing: list[str]


def checked(typed: Typed, around: Surroundings, original: Proposal | None, at: datetime) -> Checked:
    """Work out what was typed so far, as far as it goes."""
    draft, unread = read(typed if typed.reason else replace(typed, reason=SOME_REASON))
    found = problems(draft, around.facts(draft.model), at) if draft else unread
    if draft and draft.effective_from and draft.effective_from < at:
        found.setdefault(*refusal("back_dated"))
    empty = [name for name in REQUIRED if not getattr(typed, name)]
    if draft and "reason_details" in found and not typed.reason_details:
        empty.append("reason_details")
    missing = [TITLES[name].lower() for name in empty]
    return Checked(
        preview=preview_of(_change(typed, draft, original, at), around) if typed.scope_type else None,
        start=draft.effective_from if draft else None,
        end=draft.effective_until if draft else None,
        problems={name: said for name, said in found.items() if name not in {*empty, "acknowledges", *_unsaid(typed)}},
        need=_need(draft, around, at) if draft else None,
        missing=missing if typed.scope_type else ["what it applies to", *missing],
    )


def _unsaid(typed: Typed) -> list[str]:
    return [] if typed.scope_type else ["scope_type"]


def _change(typed: Typed, draft: PriceDraft | None, original: Proposal | None, at: datetime) -> Change:
    start = draft.effective_from if draft else None
    return Change(
        scope_type=typed.scope_type or "tier",
        tier=typed.tier or None,
        provider=typed.provider or None,
        model=typed.model or None,
        multiplier=_possible(typed.multiplier),
        start=max(start, at) if start else at,
        config_id=original.id if original else None,
    )


def _possible(text: str) -> Decimal | None:
    """What was typed, where a price can be that."""
    found = Decimal(text) if NUMBER.fullmatch(text) else None
    return found if found is not None and 0 < found <= MOST else None


def _need(draft: PriceDraft, around: Surroundings, at: datetime) -> Need | None:
    """What the author must own up to, with what it means."""
    if draft.multiplier <= 0:
        return None
    if draft.multiplier < 1:
        lost = percent((1 - draft.multiplier) * 100)
        return Need(
            "below_cost",
            "Below cost.",
            f"Every such request loses money: {lost} of what the vendor charges us is ours to pay.",
            "I know that this sells below what it costs us",
        )
    lowest = floor(draft, around.facts(draft.model), draft.effective_from or at, draft.effective_until)
    if lowest is None or draft.multiplier >= lowest:
        return None
    return Need(
        "below_floor",
        "Below the floor.",
        f"The floor of a tier it speaks of is {multiplier(lowest)}; below it the margin does not carry the plan.",
        "I know that this is below the floor",
    )
