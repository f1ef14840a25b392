"""Grant credits by hand."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.moving_by_hand import begin, second_person_needed, with_note
from dashboard.actions.request_approval import AwaitsApproval, request_approval
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import GrantOrder, grant_of, why_too_dear
from dashboard.engine.errors import RuleBrokenError
from dashboard.store.audit import record
from dashboard.store.by_hand import granted_entry, is_waiting
from dashboard.store.catalogue import CreditPolicy
from dashboard.store.charging import post_grants
from dashboard.store.ledgers import CreditSource

ASKED = "This grant was asked for already and waits for a second person. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Granted:
    """The grant and its entry; `replayed` when a grant of this id was there already and nothing was added."""

    user_id: UUID
    grant_id: UUID
    seq: int
    credits: Decimal
    balance: Decimal
    created_at: datetime
    replayed: bool = False


def grant_credits(
    actor: Actor, order: GrantOrder, *, note: str | None = None, now: datetime, posted_at: datetime | None = None
) -> Granted | AwaitsApproval:
    """Grant at once within the actor's limits, else ask a second person; a key above its limits gets KeyLimitError.

    A grant whose id is known already is answered as it stands. `posted_at` is the clock of a simulation.
    """
    with db.transaction() as session:
        begin(session, actor, order, note, now)
        known = _known(session, order)
        if known is not None:
            return known
        why = second_person_needed(session, actor, order.credits, now) or _why_too_dear(session, actor, order, now)
        order = with_note(session, actor, order, note, now)
        if why is not None:
            if is_waiting(session, "grant_credits", {"user_id": order.user_id, "grant_id": order.grant_id}, now):
                raise RuleBrokenError(ASKED)
            return request_approval(session, actor, order, why=why, now=now)
        done = post(
            session, order, operator_id=actor.operator_id, api_key_id=actor.api_key_id, now=now, posted_at=posted_at
        )
        after = shown(done, order)
        entry_id = f"{done.user_id}-{done.seq}"
        record(session, actor, "grant_credits", "credit_entry", entry_id, after=after, reason=order.cause, now=now)
    return done


def post(
    session: Session,
    order: GrantOrder,
    *,
    now: datetime,
    operator_id: UUID | None,
    api_key_id: UUID | None = None,
    approval_id: UUID | None = None,
    posted_at: datetime | None = None,
) -> Granted:
    """Carry a grant out; RuleBrokenError when its time is over before it began, and nothing was written."""
    session.flush()
    if order.expires_at is not None and order.expires_at <= (posted_at or now):
        raise RuleBrokenError("The time this grant was to live is over. Nothing was changed.")
    grant = replace(
        grant_of(order, posted_at or now), operator_id=operator_id, api_key_id=api_key_id, approval_id=approval_id
    )
    rows = json.dumps([asdict(grant)], default=str)
    if not post_grants.one(session.connection(), grants=rows, posted_at=posted_at).posted:
        raise RuleBrokenError("A grant of this id is there already. Nothing was changed.")
    return _granted(session, order)


def shown(done: Granted, order: GrantOrder) -> dict[str, object]:
    """What the audit log keeps of a grant."""
    return {
        "entry": f"{done.user_id}-{done.seq}",
        "grant_id": str(done.grant_id),
        "credits": f"{done.credits:f}",
        "source": order.source,
        "paid_usd": f"{order.paid_usd:f}",
        "expires_at": order.expires_at and order.expires_at.isoformat(),
        "note_id": order.note_id and str(order.note_id),
    }


def _why_too_dear(session: Session, actor: Actor, order: GrantOrder, now: datetime) -> str | None:
    unit = select(CreditPolicy.unit_usd).where(CreditPolicy.effective_from <= now)
    unit_usd = session.scalars(unit.order_by(CreditPolicy.effective_from.desc()).limit(1)).one()
    return why_too_dear(actor.role, order.credits, order.paid_usd, unit_usd)


def _known(session: Session, order: GrantOrder) -> Granted | None:
    source = session.get(CreditSource, (order.user_id, order.grant_id))
    if source is None:
        return None
    same = (source.granted, source.paid_usd, source.source, source.expires_at)
    if same != (order.credits, order.paid_usd, order.source, order.expires_at):
        raise RuleBrokenError("A grant of this id is there already, with other terms. Nothing was changed.")
    return replace(_granted(session, order), replayed=True)


def _granted(session: Session, order: GrantOrder) -> Granted:
    entry = granted_entry.one(session.connection(), user_id=order.user_id, grant_id=order.grant_id)
    return Granted(order.user_id, order.grant_id, entry.seq, entry.credits, entry.balance_after, entry.created_at)
