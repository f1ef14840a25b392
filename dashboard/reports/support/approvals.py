"""The approvals inbox: what was asked of a second person, one page of it, and one request with all around it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.actors import Actor
from dashboard.engine.announcing import PRICING, SUBJECTS, permission_for, scope_of, title_of
from dashboard.engine.permissions import ALLOWED, Permission, may
from dashboard.sql import Query

ROWS_PER_PAGE = 50
LATELY = timedelta(days=30)
MOST_LATELY = 5
DECIDED = ("approved", "rejected", "withdrawn", "expired")


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """One thing asked of a second person; `persons` wrote it, `payload` is what will be done."""

    object_kind: str
    object_id: UUID
    subject: str
    code: str | None
    tier_title: str | None
    provider_title: str | None
    model: str | None
    multiplier: Decimal | None
    payload: Any
    credits: Decimal | None
    customer_id: UUID | None
    customer_name: str | None
    customer_email: str | None
    asked_by: str | None
    asked_role: str | None
    persons: list[UUID]
    asked_at: datetime
    decide_by: datetime | None
    state: str
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None
    why: str | None
    is_for_me: bool
    sort_value: Decimal

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        scope = scope_of(self.tier_title, self.provider_title, self.model)
        return title_of(self.subject, scope, self.multiplier, self.code)


@dataclass(frozen=True, slots=True)
class ApprovalCounts:
    """How much waits: for this person, in all that they may see, and of what they asked for."""

    for_me: int
    pending: int
    mine: int


@dataclass(frozen=True, slots=True)
class WaitingCount:
    """How much waits for one person."""

    waiting: int


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who ever asked."""

    person_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class ApprovalDecider:
    """Somebody who may decide."""

    person_id: UUID
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class ApprovalDetail:
    """What the page of one request needs beyond its line in the list."""

    id: UUID
    payload_sha256: bytes
    note: str | None
    is_note_erased: bool
    reminded_at: datetime | None
    entry_seq: int | None
    entry_amount: Decimal | None
    entry_balance_after: Decimal | None
    carried_out_at: datetime | None


@dataclass(frozen=True, slots=True)
class BalanceNow:
    """What a customer has, and what they can spend of it, credits."""

    balance: Decimal
    spendable: Decimal


@dataclass(frozen=True, slots=True)
class ApprovalsAsked:
    """What the list is narrowed to and how it is ordered."""

    for_me: bool = False
    states: tuple[str, ...] | None = None
    subject: str | None = None
    asked_by: UUID | None = None
    customer_id: UUID | None = None
    sort: str = "asked"
    ascending: bool = False


@dataclass(frozen=True, slots=True)
class ApprovalPlace:
    """A place in the order of the list."""

    value: Decimal
    object_id: UUID


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    """Rows in the order asked for, and whether there are others on either side."""

    rows: list[ApprovalRow]
    has_before: bool
    has_after: bool


@dataclass(frozen=True, slots=True)
class WholeApproval:
    """One request with everybody and everything around it; `lately` is what the same person asked for lately."""

    row: ApprovalRow
    detail: ApprovalDetail
    deciders: list[ApprovalDecider]
    lately: list[ApprovalRow]


approvals = Query("support/approvals", ApprovalRow)
approval_counts = Query("support/approval_counts", ApprovalCounts)
approvals_waiting = Query("support/approvals_waiting", WaitingCount)
approval_people = Query("support/approval_people", Asker)
approval_deciders = Query("support/approval_deciders", ApprovalDecider)
approval_detail = Query("support/approval", ApprovalDetail)
approval_balance = Query("support/approval_balance", BalanceNow)

NOWHERE: Mapping[str, object] = {"after_value": None, "after_id": None}


def counts_for(connection: Connection, actor: Actor, now: datetime) -> ApprovalCounts:
    """How much waits for this person, and of what they may see."""
    return approval_counts.one(connection, **_of(actor), now=now)


def waiting_count(connection: Connection, actor: Actor, now: datetime) -> int:
    """How much waits for this person alone; nothing is asked for a role that decides nothing."""
    if not may(actor.role, Permission.APPROVALS_DECIDE):
        return 0
    asker = {name: value for name, value in _of(actor).items() if name != "unseen"}
    return approvals_waiting.one(connection, **asker, now=now).waiting


def approvals_after(
    connection: Connection, actor: Actor, asked: ApprovalsAsked, place: ApprovalPlace | None, now: datetime
) -> ApprovalPage:
    """Return the page that starts below a place, or the first one."""
    found = _some(connection, actor, asked, place, now, ascending=asked.ascending)
    return ApprovalPage(found[:ROWS_PER_PAGE], has_before=place is not None, has_after=len(found) > ROWS_PER_PAGE)


def approvals_before(
    connection: Connection, actor: Actor, asked: ApprovalsAsked, place: ApprovalPlace, now: datetime
) -> ApprovalPage:
    """Return the page that ends above a place; the first page where that would not be full."""
    found = _some(connection, actor, asked, place, now, ascending=not asked.ascending)
    if len(found) <= ROWS_PER_PAGE:
        return approvals_after(connection, actor, asked, None, now)
    return ApprovalPage(found[:ROWS_PER_PAGE][::-1], has_before=True, has_after=True)


def every_approval(connection: Connection, actor: Actor, asked: ApprovalsAsked, now: datetime) -> Iterator[ApprovalRow]:
    """Read all of them in the order asked for, a few at a time."""
    return approvals.each(
        connection, **_given(actor, asked, now), **NOWHERE, ascending=asked.ascending, id=None, most=None
    )


def whole_approval(connection: Connection, actor: Actor, request_id: UUID, now: datetime) -> WholeApproval | None:
    """Return a request with everybody and everything around it; None if there is none this person may see."""
    row = line_of(connection, actor, request_id, now)
    details = approval_detail.all(connection, id=request_id)
    if row is None or not details:
        return None
    permission = permission_for(row.subject)
    roles = [role for role, allowed in ALLOWED.items() if permission in allowed]
    return WholeApproval(
        row,
        details[0],
        approval_deciders.all(connection, roles=roles, persons=row.persons),
        _lately(connection, actor, row, now),
    )


def line_of(connection: Connection, actor: Actor, request_id: UUID, now: datetime) -> ApprovalRow | None:
    """The line of one request; None if there is none this person may see."""
    every = _given(actor, ApprovalsAsked(), now)
    found = approvals.all(connection, **every, **NOWHERE, ascending=False, id=request_id, most=1)
    return found[0] if found else None


def subjects_of(actor: Actor) -> list[str]:
    """The kinds of requests this person may see."""
    return [subject for subject in SUBJECTS if subject not in _unseen(actor)]


def _lately(connection: Connection, actor: Actor, row: ApprovalRow, now: datetime) -> list[ApprovalRow]:
    """What the same person asked for in the same kind within 30 days before and since, the newest first."""
    if not row.persons:
        return []
    asked = ApprovalsAsked(subject=row.subject, asked_by=row.persons[0])
    found = approvals.all(
        connection, **_given(actor, asked, now), **NOWHERE, ascending=False, id=None, most=MOST_LATELY + 1
    )
    return [one for one in found if one.object_id != row.object_id and one.asked_at > now - LATELY][:MOST_LATELY]


def _some(
    connection: Connection,
    actor: Actor,
    asked: ApprovalsAsked,
    place: ApprovalPlace | None,
    now: datetime,
    *,
    ascending: bool,
) -> list[ApprovalRow]:
    return approvals.all(
        connection,
        **_given(actor, asked, now),
        after_value=place and place.value,
        after_id=place and place.object_id,
        ascending=ascending,
        id=None,
        most=ROWS_PER_PAGE + 1,
    )


def _given(actor: Actor, asked: ApprovalsAsked, now: datetime) -> dict[str, object]:
    return {
        **_of(actor),
        "now": now,
        "for_me": asked.for_me,
        "states": list(asked.states) if asked.states else None,
        "subject": asked.subject,
        "asked_by": asked.asked_by,
        "customer_id": asked.customer_id,
        "sort": asked.sort,
    }


def _of(actor: Actor) -> dict[str, object]:
    """Who looks: the person, what they may not decide, and what they may not see."""
    not_theirs = [subject for subject in SUBJECTS if not may(actor.role, permission_for(subject))]
    return {"person_id": actor.person_id, "not_theirs": not_theirs, "unseen": _unseen(actor)}


def _unseen(actor: Actor) -> list[str]:
    return [] if may(actor.role, Permission.PRICING_READ) else sorted(PRICING)
