"""What every act on credits by hand asks first: who, whose, how much lately; and the note that goes with it."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import (
    WINDOW,
    KeyLimitError,
    Order,
    faults_of,
    refuse_asker,
    why_second_person,
)
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.fields import as_uuid
from dashboard.store.by_hand import given_by_hand, key_refusal, lock_balance
from dashboard.store.customers import Customer, PersonalNote, UniqueKey
from dashboard.store.operators import Operator

O = TypeVar("O", bound=Order)  # noqa: E741 - an order


def customer_named(session: Session, name: str) -> UUID:
    """Find a customer by id or by e-mail."""
    user_id = as_uuid(name)
    if user_id is None:
        wanted = select(UniqueKey.user_id).where(UniqueKey.kind == "email", UniqueKey.value == name.strip().lower())
    else:
        wanted = select(Customer.id).where(Customer.id == user_id)
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise RuleBrokenError("There is no such customer. Nothing was changed.")
    return found


def begin(session: Session, actor: Actor, order: Order, note: str | None, now: datetime) -> None:
    """Check who asks and what is asked, then take the customer's lock, which comes before that of who asks."""
    refuse_asker(actor.role)
    faults = faults_of(order, note, now)
    if faults:
        raise InvalidInputError(faults)
    lock_customer(session, order.user_id)


def lock_customer(session: Session, user_id: UUID) -> None:
    """Take the customer's lock; refuse one that is not there or was erased."""
    customer = session.get(Customer, user_id)
    if customer is None:
        raise RuleBrokenError("There is no such customer. Nothing was changed.")
    if customer.status == "deleted":
        raise RuleBrokenError("This customer has been erased; their credits move no more. Nothing was changed.")
    lock_balance.one(session.connection(), user_id=user_id)


def second_person_needed(session: Session, actor: Actor, credits_asked: Decimal, now: datetime) -> str | None:
    """Say why a second person must agree, or None within the limits; KeyLimitError when a key has no more.

    Everything one person gives waits for the same lock, so that many acts at once add up like one after another.
    """
    if actor.api_key_id is not None:
        refusal = key_refusal.one(session.connection(), api_key_id=actor.api_key_id, credits=credits_asked, now=now)
        if refusal.outcome is not None:
            raise KeyLimitError(refusal.outcome)
        return None
    lock_person(session, actor)
    given = given_by_hand.one(session.connection(), person_id=actor.person_id, since=now - WINDOW)
    return why_second_person(actor.role, credits_asked, given.credits)


def lock_person(session: Session, actor: Actor) -> None:
    """Let what one person gives, through whichever account, wait for what they gave before."""
    if actor.person_id is None:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("ledgerline shell limit", 0))))
    else:
        accounts = select(Operator.id).where(Operator.person_id == actor.person_id).order_by(Operator.id)
        session.execute(accounts.with_for_update(key_share=True)).all()


def with_note(session: Session, actor: Actor, order: O, note: str | None, now: datetime) -> O:
    """Keep the note where it can be erased, and let the order name it."""
    if note is None:
        return order
    note_id = uuid4()
    session.add(
        PersonalNote(
            user_id=order.user_id,
            id=note_id,
            kind="credits_by_hand",
            body=note.strip(),
            created_by=actor.operator_id,
            created_at=now,
        )
    )
    return replace(order, note_id=note_id)
