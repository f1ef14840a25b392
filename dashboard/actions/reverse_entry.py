"""Give credits of one entry back, in full or in part."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.moving_by_hand import begin, second_person_needed, with_note
from dashboard.actions.request_approval import AwaitsApproval, request_approval
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import ReversalOrder
from dashboard.engine.reversals import REVERSIBLE, NotReversedError
from dashboard.store.audit import record
from dashboard.store.by_hand import ReversibleEntry, entry_to_reverse, is_waiting
from dashboard.store.by_hand import reverse_entry as reversing
from dashboard.store.settings import value_of


@dataclass(frozen=True, slots=True)
class ReversalWanted:
    """What to give back: of an entry, named by its number or by the request it charged; without credits all that is left.

    `reversed_before`, if given, is what had been given back when the asker looked, so that a click twice counts once.
    """

    user_id: UUID
    reason: str
    seq: int | None = None
    request_id: UUID | None = None
    credits: Decimal | None = None
    note: str | None = None
    reversed_before: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Reversed:
    """What was given back: the new entry, what is left of the old one, what a claw-back keeps, which grants got credits."""

    user_id: UUID
    reverses_seq: int
    seq: int
    credits: Decimal
    balance: Decimal
    credits_left: Decimal
    credits_lost: Decimal
    restored: list[dict[str, Any]]
    created_at: datetime


def reverse_entry(
    actor: Actor, wanted: ReversalWanted, *, now: datetime, posted_at: datetime | None = None
) -> Reversed | AwaitsApproval:
    """Give back at once within the actor's limits, else ask a second person; a key above its limits gets KeyLimitError.

    NotReversedError says why nothing can be given back. `posted_at` is the clock of a simulation.
    """
    asked = ReversalOrder(wanted.user_id, wanted.seq or 0, wanted.credits, wanted.reason)
    with db.transaction() as session:
        begin(session, actor, asked, wanted.note, now)
        entry = _entry(session, wanted)
        order = replace(
            asked,
            seq=entry.seq,
            credits=wanted.credits or entry.credits_left,
            reversed_before=entry.reversed_before if wanted.reversed_before is None else wanted.reversed_before,
        )
        order = with_note(session, actor, order, wanted.note, now)
        why = second_person_needed(session, actor, order.credits or entry.credits_left, now)
        if why is not None:
            _refuse_second_request(session, order, now)
            return request_approval(session, actor, order, why=why, now=now)
        done = post(session, order, operator_id=actor.operator_id, api_key_id=actor.api_key_id, posted_at=posted_at)
        entry_id = f"{done.user_id}-{done.reverses_seq}"
        after = shown(done, order)
        record(session, actor, "reverse_entry", "credit_entry", entry_id, after=after, reason=order.cause, now=now)
    return done


def post(
    session: Session,
    order: ReversalOrder,
    *,
    operator_id: UUID | None,
    api_key_id: UUID | None = None,
    approval_id: UUID | None = None,
    posted_at: datetime | None = None,
) -> Reversed:
    """Carry a reversal out; NotReversedError when it no longer can be, and nothing was written."""
    session.flush()
    receipt = reversing.one(
        session.connection(),
        user_id=order.user_id,
        seq=order.seq,
        credits=order.credits,
        cause=order.cause,
        operator_id=operator_id,
        api_key_id=api_key_id,
        note_id=order.note_id,
        grace=timedelta(days=value_of(session, "replacement_lives_days")),
        reversed_before=order.reversed_before,
        approval_id=approval_id,
        posted_at=posted_at,
    )
    if receipt.outcome != "reversed":
        raise NotReversedError(receipt.outcome, left=receipt.credits_left, lost=receipt.credits_lost)
    return Reversed(
        user_id=order.user_id,
        reverses_seq=order.seq,
        seq=receipt.seq,
        credits=receipt.credits,
        balance=receipt.balance_after,
        credits_left=receipt.credits_left,
        credits_lost=receipt.credits_lost,
        restored=receipt.restored,
        created_at=receipt.created_at,
    )


def shown(done: Reversed, order: ReversalOrder) -> dict[str, object]:
    """What the audit log keeps of a reversal."""
    return {
        "entry": f"{done.user_id}-{done.seq}",
        "credits": f"{done.credits:f}",
        "credits_lost": f"{done.credits_lost:f}",
        "restored": done.restored,
        "note_id": order.note_id and str(order.note_id),
    }


def _entry(session: Session, wanted: ReversalWanted) -> ReversibleEntry:
    """Find the entry under the customer's lock; refuse what cannot be given back before anybody is asked."""
    named = {"seq": wanted.seq, "request_id": wanted.request_id}
    found = entry_to_reverse.all(session.connection(), user_id=wanted.user_id, **named)
    if not found:
        raise NotReversedError("unknown")
    entry = found[0]
    if entry.amount > 0 or entry.reason not in REVERSIBLE:
        raise NotReversedError("not_reversible")
    if entry.credits_left == 0 or (wanted.credits or 0) > entry.credits_left:
        outcome = "more_than_left" if entry.credits_left else "nothing_left"
        raise NotReversedError(outcome, left=entry.credits_left, lost=entry.credits_lost)
    if wanted.reversed_before not in {None, entry.reversed_before}:
        raise NotReversedError("changed")
    return entry


def _refuse_second_request(session: Session, order: ReversalOrder, now: datetime) -> None:
    """Under the customer's lock: whoever asks twice, or beside somebody else, has asked once."""
    if is_waiting(session, "reverse_entry", {"user_id": order.user_id, "seq": order.seq}, now):
        raise NotReversedError("waiting")
