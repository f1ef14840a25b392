"""What waits for a second person, and the e-mail that said so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.actors import Actor
from dashboard.engine.announcing import may_decide, scope_of, title_of
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """Something that waits for a second person; `persons` wrote it."""

    object_kind: str
    object_id: UUID
    subject: str
    code: str | None
    tier_title: str | None
    provider_title: str | None
    model: str | None
    multiplier: Decimal | None
    asked_by: str | None
    persons: list[UUID]
    asked_at: datetime
    decide_by: datetime | None

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        scope = scope_of(self.tier_title, self.provider_title, self.model)
        return title_of(self.subject, scope, self.multiplier, self.code)


@dataclass(frozen=True, slots=True)
class MailRow:
    """One e-mail to somebody who may decide, with its last try."""

    id: UUID
    object_kind: str
    object_id: UUID
    event: str
    recipient: str
    state: str
    created_at: datetime
    tries: int
    tried_at: datetime | None
    error: str | None


waiting_for_decision = Query("notices/waiting_for_decision", WaitingRow)
approver_mails = Query("notices/approver_mails", MailRow)


def waiting_for(connection: Connection, actor: Actor, now: datetime) -> Sequence[WaitingRow]:
    """Return what this person may decide: their role may, and they wrote none of it, the most urgent first."""
    return [
        row
        for row in waiting_for_decision.all(connection, now=now)
        if may_decide(actor.role, actor.person_id, row.subject, row.persons)
    ]
