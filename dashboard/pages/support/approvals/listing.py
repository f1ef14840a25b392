"""The inbox: what the address asks for, its tabs, its pages and its files."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from flask import request
from sqlalchemy import Connection

from dashboard.engine.actors import Actor
from dashboard.engine.announcing import SUBJECTS
from dashboard.engine.fields import as_uuid
from dashboard.engine.permissions import Permission, may
from dashboard.reports.support.approvals import (
    DECIDED,
    ApprovalCounts,
    ApprovalPage,
    ApprovalPlace,
    ApprovalRow,
    ApprovalsAsked,
    Asker,
    approvals_after,
    approvals_before,
    subjects_of,
)
from dashboard.ui.exports import Column
from dashboard.ui.links import Sort, url_with

SORTS = ("asked", "expires", "credits", "decided")
CURSOR = re.compile(r"(after|before)~(-?\d{1,20}(?:\.\d{1,30})?)~([0-9a-f-]{36})")
TABS = {
    "for-me": "Waiting for me",
    "pending": "Waiting",
    "mine": "Asked by me",
    "decided": "Decided",
    "all": "All",
}
# What is soonest over comes first to who decides.
ORDERS = {"for-me": "expires", "decided": "-decided"}
COLUMNS = (
    Column("Asked, UTC", "instant"),
    Column("What"),
    Column("State"),
    Column("Customer"),
    Column("Customer id"),
    Column("Credits", "credits"),
    Column("Asked by"),
    Column("Role"),
    Column("Why it needs a second person"),
    Column("Expires, UTC", "instant"),
    Column("Decided by"),
    Column("Decided, UTC", "instant"),
    Column("Reason of the decision"),
    Column("Id"),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab over the list, and how many wait in it; None where that is not counted."""

    title: str
    href: str
    count: int | None
    is_current: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What the address asks of the list, and what it says wrongly."""

    tab: str
    asked: ApprovalsAsked
    sort: Sort
    cursor: tuple[str, ApprovalPlace] | None
    problems: list[str]
    chips: list[tuple[str, str]]
    subjects: list[tuple[str, str]]
    asker: str


def question_of(people: list[Asker], actor: Actor) -> Question:
    """Read the address; what it says wrongly is named and left aside."""
    problems: list[str] = []
    tab = _one_of("show", tabs_of(actor), problems) or _first_tab(actor)
    subjects = {subject: SUBJECTS[subject] for subject in subjects_of(actor)}
    subject = _one_of("kind", subjects, problems)
    names = {str(person.person_id): person.name for person in people}
    asker = _one_of("who", names, problems)
    customer = as_uuid(request.args.get("customer", ""))
    sort = Sort.parse(request.args.get("sort"), SORTS, ORDERS.get(tab, "-asked"))
    asked = ApprovalsAsked(
        for_me=tab == "for-me",
        states=DECIDED if tab == "decided" else ("pending",) if tab == "pending" else None,
        subject=subject or None,
        asked_by=actor.person_id if tab == "mine" else UUID(asker) if asker else None,
        customer_id=customer,
        sort=sort.key,
        ascending=sort.direction == "ascending",
    )
    narrowed = (("kind", subjects.get(subject)), ("who", names.get(asker)), ("customer", customer and "One customer"))
    chips = [(title, url_with(cursor=None, **{name: None})) for name, title in narrowed if title]
    return Question(tab, asked, sort, _cursor(problems), problems, chips, list(subjects.items()), asker)


def tabs_of(actor: Actor) -> list[str]:
    """The tabs this person has: nothing waits for who decides nothing, and who asks for nothing asked for nothing."""
    decides = may(actor.role, Permission.APPROVALS_DECIDE)
    asks = (
        may(actor.role, Permission.REFUNDS_CHANGE)
        or may(actor.role, Permission.CREDITS_CHANGE)
        or may(actor.role, Permission.PRICING_CHANGE)
    )
    has = {"for-me": decides, "mine": asks}
    return [tab for tab in TABS if has.get(tab, True)]


def tabs(counts: ApprovalCounts, question: Question, actor: Actor) -> list[Tab]:
    """The tabs this person has, with how much waits in them before other filters."""
    waits = {"for-me": counts.for_me, "pending": counts.pending, "mine": counts.mine}
    return [
        Tab(TABS[tab], url_with(show=tab, cursor=None, sort=None), waits.get(tab), tab == question.tab)
        for tab in tabs_of(actor)
    ]


def page_of(connection: Connection, actor: Actor, question: Question, now: datetime) -> ApprovalPage:
    """Return the page the address asks for."""
    if question.cursor is None:
        return approvals_after(connection, actor, question.asked, None, now)
    way, place = question.cursor
    return (approvals_before if way == "before" else approvals_after)(connection, actor, question.asked, place, now)


def cursor_of(way: str, row: ApprovalRow) -> str:
    """Write the cursor of the page before or after a row."""
    return f"{way}~{row.sort_value:f}~{row.object_id}"


def cells(rows: Iterable[ApprovalRow]) -> Iterator[list[object]]:
    """The rows of a file."""
    return (
        [
            row.asked_at,
            row.title,
            row.state,
            row.customer_name,
            row.customer_id,
            row.credits,
            row.asked_by or "the command line",
            row.asked_role,
            row.why,
            row.decide_by,
            row.decided_by,
            row.decided_at,
            row.decision_reason,
            row.object_id,
        ]
        for row in rows
    )


def _first_tab(actor: Actor) -> str:
    has = tabs_of(actor)
    return "for-me" if "for-me" in has else "pending"


def _one_of(name: str, known: Iterable[str], problems: list[str]) -> str:
    value = request.args.get(name, "")
    if value and value not in known:
        problems.append(f"The address asks for an unknown {name}; the list is shown without it.")
        return ""
    return value


def _cursor(problems: list[str]) -> tuple[str, ApprovalPlace] | None:
    text = request.args.get("cursor", "")
    found = CURSOR.fullmatch(text)
    object_id = as_uuid(found[3]) if found else None
    if found is None or object_id is None:
        if text:
            problems.append("The place in the list could not be read; the first page is shown.")
        return None
    return found[1], ApprovalPlace(Decimal(found[2]), object_id)
