"""Proposals: the list, one of them, and everything that happened to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine import margin
from dashboard.engine.actors import Actor
from dashboard.engine.permissions import ALLOWED, Permission
from dashboard.reports.pricing.scopes import Scoped
from dashboard.sql import Query

ROWS_PER_PAGE = 50
EVERY_STATE = ("draft", "pending", "scheduled", "active", "superseded", "rejected", "withdrawn", "expired")
APPROVERS = [role for role, allowed in ALLOWED.items() if Permission.PRICING_APPROVE in allowed]


@dataclass(frozen=True, slots=True)
class ProposalRow(Scoped):
    """One version of one proposal as the list shows it."""

    id: UUID
    number: int
    version: int
    scope_type: str
    tier: str | None
    tier_title: str | None
    provider: str | None
    provider_title: str | None
    model: str | None
    multiplier: Decimal
    previous_multiplier: Decimal | None
    effective_from: datetime | None
    effective_until: datetime | None
    state: str
    is_urgent: bool
    reason: str
    reason_details: str | None
    is_seed: bool
    author: str | None
    decide_by: datetime | None
    changed_at: datetime
    is_own: bool
    sort_value: Decimal
    place: int


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many proposals are in a state; `of_others`: those this person has no part in."""

    state: str
    proposals: int
    of_others: int


@dataclass(frozen=True, slots=True)
class Proposal(Scoped):
    """One version of one proposal, all there is to know of it."""

    id: UUID
    number: int
    version: int
    scope_type: str
    tier: str | None
    tier_title: str | None
    provider: str | None
    provider_title: str | None
    model: str | None
    multiplier: Decimal
    previous_multiplier: Decimal | None
    target_margin_percent: Decimal | None
    effective_from: datetime | None
    effective_until: datetime | None
    status: str
    state: str
    is_urgent: bool
    reason: str
    reason_details: str | None
    is_seed: bool
    acknowledges: list[str]
    created_at: datetime
    submitted_at: datetime | None
    decide_by: datetime | None
    decided_at: datetime | None
    decision_reason: str | None
    approved_at: datetime | None
    approved_sha256: bytes | None
    source: Any
    predecessor_id: UUID | None
    rolls_back_id: UUID | None
    follows_id: UUID | None
    follows_number: int | None
    follows_version: int | None
    follows_multiplier: Decimal | None
    followed_by_id: UUID | None
    followed_by_number: int | None
    followed_by_version: int | None
    seen_sha256: bytes

    @property
    def target_percent(self) -> Decimal:
        """The margin it aims for: as its author set it, else what its multiplier comes to."""
        if self.target_margin_percent is not None:
            return self.target_margin_percent
        return margin.target_percent(self.multiplier)


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody with a part in a version."""

    person_id: UUID
    role: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Decider:
    """Somebody who may decide a version."""

    person_id: UUID
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a version."""

    id: int
    config_id: UUID
    version: int
    at: datetime
    kind: str
    actor_name: str
    reason: str | None
    detail: Any


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said about a proposal."""

    id: UUID
    version: int
    author_name: str
    words: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a proposal."""

    id: UUID
    version: int
    multiplier: Decimal
    status: str


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who ever wrote a proposal."""

    person_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list is narrowed to and how it is ordered; `for_me`: without what this person has a part in."""

    states: tuple[str, ...] | None = None
    for_me: bool = False
    scope: str | None = None
    author: UUID | None = None
    words: str | None = None
    sort: str = "changed"
    ascending: bool = False

    def parameters(self, person_id: UUID | None, now: datetime) -> dict[str, object]:
        """The parameters of the list's query, but for the place in it."""
        return {
            "states": list(self.states) if self.states else None,
            "for_me": self.for_me,
            "scope": self.scope,
            "author": self.author,
            "words": self.words,
            "sort": self.sort,
            "person_id": person_id,
            "now": now,
        }


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order of the list."""

    value: Decimal
    place: int


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """Rows in the order asked for, and whether there are others on either side."""

    rows: list[ProposalRow]
    has_before: bool
    has_after: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """A proposal with everybody and everything around it."""

    proposal: Proposal
    people: list[Participant]
    deciders: list[Decider]
    events: list[Event]
    comments: list[Comment]
    versions: list[Version]

    def has_part(self, actor: Actor) -> bool:
        """Whether the actor, as a person, wrote, edited or approved it."""
        return any(one.person_id == actor.person_id for one in self.people)

    def names(self, *roles: str) -> list[str]:
        """The names of those with one of these parts."""
        return [one.name for one in self.people if one.role in roles]


proposals = Query("pricing/proposals", ProposalRow)
proposal_counts = Query("pricing/proposal_counts", StateCount)
proposal_authors = Query("pricing/proposal_authors", Author)
proposal = Query("pricing/proposal", Proposal)
proposal_people = Query("pricing/proposal_people", Participant)
proposal_deciders = Query("pricing/proposal_deciders", Decider)
proposal_events = Query("pricing/proposal_events", Event)
proposal_comments = Query("pricing/proposal_comments", Comment)
proposal_versions = Query("pricing/proposal_versions", Version)


def page_after(connection: Connection, actor: Actor, asked: Asked, place: Place | None, now: datetime) -> ProposalPage:
    """Return the page that starts below a place, or the first one."""
    found = _some(connection, actor, asked, place, now, ascending=asked.ascending)
    return ProposalPage(found[:ROWS_PER_PAGE], has_before=place is not None, has_after=len(found) > ROWS_PER_PAGE)


def page_before(connection: Connection, actor: Actor, asked: Asked, place: Place, now: datetime) -> ProposalPage:
    """Return the page that ends above a place; the first page where that would not be full."""
    found = _some(connection, actor, asked, place, now, ascending=not asked.ascending)
    if len(found) <= ROWS_PER_PAGE:
        return page_after(connection, actor, asked, None, now)
    return ProposalPage(found[:ROWS_PER_PAGE][::-1], has_before=True, has_after=True)


def every_proposal(connection: Connection, actor: Actor, asked: Asked, now: datetime) -> Iterator[ProposalRow]:
    """Read all of them in the order asked for, a few at a time."""
    given = asked.parameters(actor.person_id, now)
    nowhere: Mapping[str, object] = {"after_value": None, "after_place": None, "most": None}
    return proposals.each(connection, **given, **nowhere, ascending=asked.ascending)


def whole_proposal(connection: Connection, config_id: UUID, now: datetime) -> Whole | None:
    """Return a version with everybody and everything around it; None if there is none."""
    found = proposal.all(connection, config_id=config_id, now=now)
    if not found:
        return None
    number = found[0].number
    return Whole(
        found[0],
        proposal_people.all(connection, config_id=config_id),
        proposal_deciders.all(connection, config_id=config_id, roles=APPROVERS),
        proposal_events.all(connection, number=number),
        proposal_comments.all(connection, number=number),
        proposal_versions.all(connection, number=number),
    )


def _some(
    connection: Connection, actor: Actor, asked: Asked, place: Place | None, now: datetime, *, ascending: bool
) -> list[ProposalRow]:
    return proposals.all(
        connection,
        **asked.parameters(actor.person_id, now),
        after_value=place and place.value,
        after_place=place and place.place,
        ascending=ascending,
        most=ROWS_PER_PAGE + 1,
    )
