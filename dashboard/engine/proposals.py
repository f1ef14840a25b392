"""A proposal on its way: who may do what with it, where it stands, and why an act on it is refused."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.credits import in_words
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.permissions import Permission, may
from dashboard.engine.pricing import REFUSALS, PriceDraft, refusal

OPEN = frozenset({"draft", "pending"})
LONGEST_COMMENT = 4000
SENTENCES = {
    "not_an_operator": "Only an active account of an admin or an owner may do this.",
    "unknown": "There is no such price.",
    "not_draft": "Only a draft can be submitted; this is {}.",
    "not_open": "This was {} already.",
    "not_pending": "Only what was submitted and waits can be decided; this is {}.",
    "not_yours": "Only whoever wrote or edited a proposal submits or withdraws it.",
    "same_person": "Whoever wrote or edited a price does not decide it, under whichever account: it takes another person.",
    "too_late": "Nobody decided this by {} UTC, so its time is over; edit it to ask anew.",
    "changed": "This is not what you were shown; look again.",
    "has_begun": "This price has begun, or will within five minutes, and may have been charged already; roll it back instead.",
    "nothing_to_roll_back": "There is no approved price of this scope to go back from.",
}
FIELDS = {
    "no_reason": ("reason", "Say why, for the others."),
    "no_words": ("words", f"Write 1 to {LONGEST_COMMENT:,} characters."),
}
STATES = {
    "draft": "a draft",
    "pending": "waiting for its decision",
    "approved": "approved",
    "rejected": "rejected",
    "withdrawn": "withdrawn",
    "expired": "expired",
}


@dataclass(frozen=True, slots=True)
class PriceAnswer:
    """What the database says to an attempt: `done`, or a word for the refusal and what it is about."""

    outcome: str
    config_id: UUID | None
    at: datetime | None
    detail: str | None


def standing(state: str, effective_from: datetime | None, effective_until: datetime | None, now: datetime) -> str:
    """Where a version stands: its state, or for an approved one scheduled, active or superseded, from its dates."""
    if state != "approved" or effective_from is None:
        return state
    if now < effective_from:
        return "scheduled"
    return "active" if effective_until is None or now < effective_until else "superseded"


def refuse_writer(actor: Actor) -> UUID:
    """Return the account of an actor who may write and withdraw proposals; refuse everybody else."""
    if actor.operator_id is None or actor.person_id is None or not may(actor.role, Permission.PRICING_CHANGE):
        raise NotAllowedError(f"{SENTENCES['not_an_operator']} Nothing was changed.")
    return actor.operator_id


def refuse_decider(actor: Actor, writers: Collection[UUID]) -> UUID:
    """Return the account of an actor who may decide; whoever wrote or edited it, as a person, and the shell may not."""
    if actor.operator_id is None or actor.person_id is None or not may(actor.role, Permission.PRICING_APPROVE):
        raise NotAllowedError(f"{SENTENCES['not_an_operator']} Nothing was changed.")
    if actor.person_id in writers:
        raise NotAllowedError(f"{SENTENCES['same_person']} Nothing was changed.")
    return actor.operator_id


def refuse_edit(state: str) -> None:
    """Refuse to edit what has been decided; what is open is edited by a new version, never in place."""
    if state not in OPEN:
        raise RuleBrokenError(f"This is {STATES[state]} and never changes; propose anew. Nothing was changed.")


def settled(answer: PriceAnswer) -> UUID:
    """Return the id of what was done; raise what the database refused, in words."""
    word = answer.outcome
    if word == "done" and answer.config_id is not None:
        return answer.config_id
    if word in FIELDS or word in REFUSALS:
        raise InvalidInputError(dict([FIELDS[word] if word in FIELDS else refusal(word, answer.detail)]))
    if word in {"not_an_operator", "not_yours", "same_person"}:
        raise NotAllowedError(f"{SENTENCES[word]} Nothing was changed.")
    about = STATES.get(answer.detail or "", answer.detail)
    raise RuleBrokenError(f"{SENTENCES[word].format(about)} Nothing was changed.")


def rolled_back(draft: PriceDraft, state: str, previous: Decimal | None, number: int) -> PriceDraft:
    """Return the draft that goes back to the multiplier before an approved one; it holds from its approval."""
    if state != "approved":
        raise RuleBrokenError(f"{SENTENCES['nothing_to_roll_back']} Nothing was changed.")
    if previous is None:
        raise RuleBrokenError(
            "No price of this scope held before this one, so there is none to go back to. Nothing was changed."
        )
    return replace(
        draft,
        multiplier=previous,
        reason="manual_adjustment",
        reason_details=f"Back to × {in_words(previous)}, as before PC-{number:04d}",
        effective_from=None,
        effective_until=None,
        acknowledges=frozenset(),
        target_margin_percent=None,
        source={"kind": "roll_back", "number": number},
    )


def seen(text: str) -> bytes:
    """Read the digest of what somebody saw; anything else is not what they were shown."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise RuleBrokenError(f"{SENTENCES['changed']} Nothing was changed.") from None


def terms_of(draft: PriceDraft) -> dict[str, object]:
    """Write a draft as the database takes it."""
    return {
        "scope_type": draft.scope_type,
        "tier": draft.tier,
        "provider": draft.provider,
        "model": draft.model,
        "multiplier": f"{draft.multiplier:f}",
        "effective_from": _written(draft.effective_from),
        "effective_until": _written(draft.effective_until),
        "reason": draft.reason,
        "reason_details": draft.reason_details,
        "urgent": draft.urgent,
        "acknowledges": sorted(draft.acknowledges),
        "target_margin_percent": None if draft.target_margin_percent is None else f"{draft.target_margin_percent:f}",
        "source": None if draft.source is None else dict(draft.source),
    }


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
