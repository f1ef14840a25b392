"""Tell those who may decide that something waits for them, and the webhooks what became of it."""

from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dashboard.actions.queue_delivery import queue_deliveries
from dashboard.engine.announcing import events_of, may_decide, path_of, scope_of
from dashboard.engine.webhooks import body_of
from dashboard.store.announcements import Announcement, ApproverMail, Asked, decision_asked
from dashboard.store.jobs import defer
from dashboard.store.operators import Operator
from dashboard.store.settings import is_on

Happened = Literal["requested", "expiring", "approved", "rejected", "withdrawn", "expired"]
SEND_MAIL, MAIL_QUEUE = "send_mail", "mail"
TO_DECIDE = frozenset({"requested", "expiring"})


def announce_price(session: Session, config_id: UUID, event: Happened, *, now: datetime) -> None:
    """Say what happened to a proposed multiplier, in the transaction in which it happens."""
    announce(session, "pricing_config", config_id, event, now=now)


def announce_request(session: Session, request_id: UUID, event: Happened, *, now: datetime) -> None:
    """Say what happened to a request for approval, in the transaction in which it happens."""
    announce(session, "approval_request", request_id, event, now=now)


def announce(session: Session, object_kind: str, object_id: UUID, event: Happened, *, now: datetime) -> bool:
    """Queue webhooks and, where that is switched on, e-mail; False if this was said already."""
    session.flush()
    found = decision_asked.all(session.connection(), object_kind=object_kind, object_id=object_id)
    if not found or not _first_time(session, object_kind, object_id, event, now):
        return False
    asked = found[0]
    for name in events_of(object_kind, event):
        event_id = uuid4()
        queue_deliveries(session, event_id, name, body_of(event_id, name, now, _data(asked, event)), now=now)
    if event in TO_DECIDE and is_on(session, "mail_to_approvers"):
        for operator in _deciders(session, asked):
            _queue_mail(session, asked, event, operator.id, now)
    return True


def _first_time(session: Session, object_kind: str, object_id: UUID, event: str, now: datetime) -> bool:
    row = insert(Announcement).values(object_kind=object_kind, object_id=object_id, event=event, announced_at=now)
    kept = session.execute(row.on_conflict_do_nothing().returning(Announcement.event))
    return kept.scalar_one_or_none() is not None


def _deciders(session: Session, asked: Asked) -> list[Operator]:
    """Everybody who may decide it; demo accounts hear of what demo accounts ask, and of nothing else."""
    active = select(Operator).where(Operator.status == "active", Operator.is_demo == asked.asked_in_demo)
    return [one for one in session.scalars(active) if may_decide(one.role, one.person_id, asked.subject, asked.persons)]


def _queue_mail(session: Session, asked: Asked, event: str, operator_id: UUID, now: datetime) -> None:
    mail = ApproverMail(
        id=uuid4(),
        object_kind=asked.object_kind,
        object_id=asked.object_id,
        event=event,
        operator_id=operator_id,
        created_at=now,
    )
    session.add(mail)
    session.flush()
    defer(session, SEND_MAIL, queue=MAIL_QUEUE, once=f"{SEND_MAIL} {mail.id}", arguments={"mail_id": str(mail.id)})


def _data(asked: Asked, event: str) -> dict[str, object]:
    """What a receiver learns: the thing by its id, never who asked or which customer it is about."""
    data: dict[str, object] = {
        "kind": asked.subject,
        "object": asked.object_kind,
        "object_id": str(asked.object_id),
        "event": event,
        "path": path_of(asked.object_kind, asked.object_id, asked.subject),
        "decide_by": asked.decide_by.isoformat() if asked.decide_by else None,
    }
    if asked.multiplier is None:
        return data
    scope = scope_of(asked.tier_title, asked.provider_title, asked.model)
    return {**data, "code": asked.code, "scope": scope, "multiplier": f"{asked.multiplier:.4f}"}
