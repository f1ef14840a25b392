"""The words of a receipt: what an entry is called, its state, why it was made, what happened when."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dashboard.engine.by_hand import DEDUCTION_REASONS, GRANT_REASONS
from dashboard.engine.recalculation import Corrected
from dashboard.engine.reversals import REASONS
from dashboard.reports.support.entries import EntryFacts, Event
from dashboard.reports.support.receipts import UsageFacts
from dashboard.ui.format import credits as written
from dashboard.ui.format import day

ENTRY_TITLES = {
    "allocation": "Allowance of a period",
    "purchase": "Credits bought",
    "bonus": "Bonus",
    "coupon": "Coupon",
    "referral": "Referral reward",
    "admin_grant": "Granted by hand",
    "usage": "Charge",
    "deduct": "Deduction over the API",
    "reversal": "Given back",
    "expiry": "Expired",
    "rollover": "Rolled over",
    "clawback": "Clawed back",
    "proration": "Change of plan",
    "correction": "Correction",
    "opening": "Opening balance",
}
BY_HAND = "Taken by hand"
CAUSES = {**GRANT_REASONS, **DEDUCTION_REASONS, **REASONS}
SCOPE_TITLES = {
    "combination": "Combination",
    "model": "Model",
    "provider": "Provider",
    "tier": "Tier",
    "default": "Default",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of what happened."""

    at: datetime
    text: str
    words: str | None = None


def entry_title(entry: EntryFacts) -> str:
    """What an entry is called; credits taken by hand are corrections that somebody gave a cause for."""
    return BY_HAND if entry.reason == "correction" and entry.cause else ENTRY_TITLES[entry.reason]


def cause_title(cause: str | None) -> str:
    """Why somebody did it."""
    return CAUSES.get(cause, cause) if cause else ""


def states_of(row: UsageFacts, whole: Corrected, reversed_credits: Decimal) -> list[tuple[str, str]]:
    """Where a request stands, as badges: word and tone."""
    if whole.vendor_cost_usd is None:
        return [("Unpriced", "unknown")]
    if row.key_mode == "own":
        return [("Own key", "info")]
    if row.status in {"failed", "rate_limited"}:
        return [("Failed" if row.status == "failed" else "Rate limited", "bad")]
    found = []
    if reversed_credits:
        is_whole = reversed_credits >= whole.credits_deducted
        found.append(("Given back", "info") if is_whole else ("Partly given back", "warn"))
    elif whole.credits_deducted:
        found.append(("Charged", "good"))
    if whole.credits_uncovered:
        found.append(("Uncovered", "bad") if not whole.credits_deducted else ("Partly uncovered", "warn"))
    return found or [("Nothing to charge", "info")]


def entry_states(entry: EntryFacts, reversed_credits: Decimal) -> list[tuple[str, str]]:
    """Where an entry stands, as badges."""
    if not reversed_credits:
        return [("Posted", "good")]
    return [("Given back", "info") if reversed_credits == -entry.amount else ("Partly given back", "warn")]


def story(events: list[Event], row: UsageFacts | None) -> list[Moment]:
    """What happened, in order."""
    lines = [_line(event, row) for event in events]
    if row is not None and row.deduction_seq is None:
        lines.append(Moment(row.posted_at, _uncharged(row)))
    return sorted(lines, key=lambda line: line.at)


def _uncharged(row: UsageFacts) -> str:
    if row.credits_uncovered:
        return f"Recorded; {written(row.credits_uncovered, unit=True)} could not be charged, because nothing was left"
    return "Recorded; nothing was charged"


def _line(event: Event, row: UsageFacts | None) -> Moment:
    amount = written(abs(event.credits), unit=True)
    by = f" by {event.operator}" if event.operator else ""
    rest = f"; {written(row.credits_uncovered)} uncovered" if row and row.credits_uncovered else ""
    texts = {
        "hold": f"{amount} held before the request",
        "usage": f"Answered; {amount} charged{rest}",
        "grant_expiry": f"“{event.about}” expired, {amount} in it were taken off",
        "grant_ended": f"“{event.about}” expired"
        + (f"; {amount} left in it are still to be taken off" if event.credits else ", nothing left in it"),
        "reversal": f"{amount} given back{by}: {cause_title(event.about)}",
    }
    if event.kind in texts:
        return Moment(event.at, texts[event.kind], event.note)
    title = BY_HAND if event.kind == "correction" and event.about else ENTRY_TITLES[event.kind]
    moved = f"{written(event.credits, signed=True)} credits"
    return Moment(event.at, f"{title}: {moved}{by}", event.note or cause_title(event.about) or None)


def ends(expires_at: datetime | None) -> str:
    """When a grant ends, for its second line."""
    return f"expires {day(expires_at)}" if expires_at else "never expires"
