"""The list of proposals: what the address asks for, its tabs, its pages and its files."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from flask import request
from sqlalchemy import Connection

from dashboard.engine.actors import Actor
from dashboard.engine.permissions import Permission, may
from dashboard.engine.price_scopes import SCOPES
from dashboard.engine.pricing import REASONS
from dashboard.reports.pricing.proposals import (
    Asked,
    Author,
    Place,
    ProposalPage,
    ProposalRow,
    StateCount,
    page_after,
    page_before,
)
from dashboard.ui.exports import Column
from dashboard.ui.links import Sort, url_with

SORTS = ("changed", "start", "multiplier", "change")
CURSOR = re.compile(r"(after|before)~(-?\d{1,20}(?:\.\d{1,30})?)~(\d{1,18})")
CLOSED = ("rejected", "withdrawn", "expired")
# Name in the address: title, states.
TABS: dict[str, tuple[str, tuple[str, ...] | None]] = {
    "": ("All", None),
    "waiting": ("Waiting for me", ("pending",)),
    "draft": ("Drafts", ("draft",)),
    "pending": ("Pending", ("pending",)),
    "scheduled": ("Scheduled", ("scheduled",)),
    "active": ("Active", ("active",)),
    "superseded": ("Superseded", ("superseded",)),
    "closed": ("Rejected, withdrawn, expired", CLOSED),
}
SCOPE_TITLES = {"tier": "A tier", "provider": "A provider", "model": "A model", "combination": "A combination"}
COLUMNS = (
    Column("Proposal"),
    Column("Version", "count"),
    Column("State"),
    Column("Kind of scope"),
    Column("Tier"),
    Column("Provider"),
    Column("Model"),
    Column("Multiplier before", "multiplier"),
    Column("Multiplier", "multiplier"),
    Column("Change, %", "percent"),
    Column("Effective from, UTC", "instant"),
    Column("Effective until, UTC", "instant"),
    Column("Urgent"),
    Column("Reason"),
    Column("Details"),
    Column("Author"),
    Column("Decide by, UTC", "instant"),
    Column("Last change, UTC", "instant"),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab over the list, and how many it holds."""

    title: str
    href: str
    count: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What the address asks of the list, and what it says wrongly."""

    tab: str
    asked: Asked
    sort: Sort
    cursor: tuple[str, Place] | None
    problems: list[str]
    author: str
    chips: list[tuple[str, str]]


def question_of(authors: list[Author], actor: Actor) -> Question:
    """Read the address; what it says wrongly is named and left aside."""
    problems: list[str] = []
    tab = _one_of("state", TABS, problems)
    scope = _one_of("scope", SCOPE_TITLES, problems)
    names = {str(author.person_id): author.name for author in authors}
    author = _one_of("author", names, problems)
    words = request.args.get("q", "").strip()[:100]
    sort = Sort.parse(request.args.get("sort"), SORTS, "-changed")
    asked = Asked(
        states=TABS[tab][1],
        for_me=tab == "waiting",
        scope=scope or None,
        author=UUID(author) if author else None,
        words=words or None,
        sort=sort.key,
        ascending=sort.direction == "ascending",
    )
    if tab == "waiting" and not may(actor.role, Permission.PRICING_APPROVE):
        asked = Asked(states=())
    narrowed = (("scope", scope and SCOPE_TITLES[scope]), ("author", names.get(author)), ("q", words and f"“{words}”"))
    chips = [(title, url_with(cursor=None, **{name: None})) for name, title in narrowed if title]
    return Question(tab, asked, sort, _cursor(problems), problems, author, chips)


def tabs(counts: list[StateCount], question: Question, actor: Actor) -> list[Tab]:
    """The tabs this person has, each with how many it holds before other filters."""
    by_state = {count.state: count for count in counts}
    shown = [name for name in TABS if name != "waiting" or may(actor.role, Permission.PRICING_APPROVE)]
    return [
        Tab(
            TABS[name][0],
            url_with(state=name or None, cursor=None),
            _held(by_state.values() if not name else [by_state[s] for s in TABS[name][1] or () if s in by_state], name),
            name == question.tab,
        )
        for name in shown
    ]


def page_of(connection: Connection, actor: Actor, question: Question, now: datetime) -> ProposalPage:
    """Return the page the address asks for."""
    if question.asked.states == ():
        return ProposalPage([], has_before=False, has_after=False)
    if question.cursor is None:
        return page_after(connection, actor, question.asked, None, now)
    way, place = question.cursor
    return (page_before if way == "before" else page_after)(connection, actor, question.asked, place, now)


def cursor_of(way: str, row: ProposalRow) -> str:
    """Write the cursor of the page before or after a row."""
    return f"{way}~{row.sort_value:f}~{row.place}"


def scope_options() -> list[tuple[str, str]]:
    """The kinds of scope, as a filter offers them."""
    return [(scope, SCOPE_TITLES[scope]) for scope in SCOPES]


def cells(rows: Iterable[ProposalRow]) -> Iterator[list[object]]:
    """The rows of a file."""
    return (
        [
            row.code,
            row.version,
            row.state,
            row.scope_type,
            row.tier_title,
            row.provider_title,
            row.model,
            row.previous_multiplier,
            row.multiplier,
            row.change_percent,
            row.effective_from,
            row.effective_until,
            row.is_urgent,
            REASONS.get(row.reason, row.reason),
            row.reason_details,
            row.author,
            row.decide_by,
            row.changed_at,
        ]
        for row in rows
    )


def _held(counts: Iterable[StateCount], tab: str) -> int:
    return sum(count.of_others if tab == "waiting" else count.proposals for count in counts)


def _one_of(
    name: str, known: dict[str, str] | dict[str, tuple[str, tuple[str, ...] | None]], problems: list[str]
) -> str:
    value = request.args.get(name, "")
    if value and value not in known:
        problems.append(f"The address asks for an unknown {name}; the list is shown without it.")
    return value if value in known else ""


def _cursor(problems: list[str]) -> tuple[str, Place] | None:
    text = request.args.get("cursor", "")
    found = CURSOR.fullmatch(text)
    if found is None:
        if text:
            problems.append("The place in the list could not be read; the first page is shown.")
        return None
    return found[1], Place(Decimal(found[2]), int(found[3]))
