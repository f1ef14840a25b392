"""The page of one version: what can be done with it by whom, and why not by others."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Response, abort
from sqlalchemy import Connection

from dashboard.access import Permission, current_actor, now
from dashboard.db import snapshot
from dashboard.engine.actors import Actor
from dashboard.engine.permissions import may
from dashboard.engine.pricing import ACKNOWLEDGEMENTS, REASONS, PriceDraft, problems
from dashboard.pages.pricing.impact.showing import Line, lines_of, took, view_of
from dashboard.pages.pricing.proposals.history import history_of
from dashboard.pages.pricing.proposals.preview import Change, preview_of
from dashboard.reports.pricing.impact import latest_impact, outcome
from dashboard.reports.pricing.proposal_facts import Surroundings, surroundings, waits_of
from dashboard.reports.pricing.proposals import Proposal, Whole, whole_proposal
from dashboard.ui.htmx import render

STEPS = ("draft", "pending", "approved", "scheduled", "active")
COMPARED_AFTER_DAYS = (7, 30)
OPEN = ("draft", "pending", "scheduled")


@dataclass(frozen=True, slots=True)
class Choices:
    """What this person may do with this version now; `why_not` says why they may not decide it."""

    submit: bool
    edit: bool
    withdraw: bool
    decide: bool
    roll_back: bool
    comment: bool
    why_not: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """What came of a form: done or refused, the sentence, and what was typed into it."""

    tone: str
    lead: str
    sentence: str
    form: str = ""
    typed: str = ""
    is_of_field: bool = False

    @property
    def is_above(self) -> bool:
        """Whether it stands above the page; else beside the form it speaks of."""
        return not (self.tone == "bad" and self.form in {"rejection", "comments"} and self.is_of_field)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Predicted against actual after some days; without lines it is too early, or there is nothing to compare."""

    days: int
    due_at: datetime
    lines: list[Line]


def shown(config_id: UUID, notice: Notice | None = None, status: int = 200) -> Response:
    """Render the page of a version, or the region of it that htmx asked for."""
    actor, at = current_actor(), now()
    with snapshot() as connection:
        whole = whole_proposal(connection, config_id, at) or abort(404)
        around, waits = surroundings(connection, at), waits_of(connection)
        run = latest_impact(connection, config_id)
        replay = view_of(connection, run) if run else None
        outcomes = outcomes_of(connection, whole.proposal, at) if run else []
    response = render(
        "pricing/proposals/show.html",
        "pricing/proposals/_whole.html",
        whole=whole,
        one=whole.proposal,
        preview=preview_of(change_of(whole.proposal, at), around),
        choices=choices_of(whole, actor),
        history=history_of(whole, run, at),
        hindrances=hindrances_of(whole.proposal, around, at),
        acknowledged=ACKNOWLEDGEMENTS,
        reasons=REASONS,
        waits=waits,
        impact_view=replay,
        took=took(run) if run else "",
        outcomes=outcomes,
        steps=_steps(whole.proposal),
        notice=notice,
        now=at,
    )
    response.status_code = status
    return response


def outcomes_of(connection: Connection, one: Proposal, at: datetime) -> list[Outcome]:
    """Set what the replay predicted beside what came, after each of COMPARED_AFTER_DAYS."""
    if one.status != "approved" or one.effective_from is None:
        return []
    found = (outcome(connection, one.id, one.effective_from, days, now=at) for days in COMPARED_AFTER_DAYS)
    return [
        Outcome(
            compared.days,
            compared.due_at,
            lines_of(compared.predicted, compared.actual) if compared.predicted and compared.actual else [],
        )
        for compared in found
    ]


def change_of(one: Proposal, at: datetime) -> Change:
    """The terms of a version, from its start on; without one from now on."""
    start = one.effective_from or at
    if one.status != "approved":
        start = max(start, at)
    return Change(
        scope_type=one.scope_type,
        tier=one.tier,
        provider=one.provider,
        model=one.model,
        multiplier=one.multiplier,
        start=start,
        config_id=one.id,
        follows_id=one.follows_id,
    )


def choices_of(whole: Whole, actor: Actor) -> Choices:
    """What the actor may do now."""
    one = whole.proposal
    changes, approves = may(actor.role, Permission.PRICING_CHANGE), may(actor.role, Permission.PRICING_APPROVE)
    has_part = whole.has_part(actor)
    return Choices(
        submit=changes and has_part and one.state == "draft",
        edit=changes and one.state in {"draft", "pending"},
        withdraw=changes and (has_part or one.state == "scheduled") and one.state in OPEN,
        decide=approves and not has_part and one.state == "pending",
        roll_back=changes and one.state == "active" and one.previous_multiplier is not None,
        comment=changes,
        why_not=_why_not(whole, has_part=has_part, approves=approves) if one.state == "pending" else None,
    )


def hindrances_of(one: Proposal, around: Surroundings, at: datetime) -> list[str]:
    """What stands in the way of a version that is not approved yet, as things are now."""
    return (
        list(problems(draft_of(one), around.facts(one.model), at).values()) if one.state in {"draft", "pending"} else []
    )


def draft_of(one: Proposal) -> PriceDraft:
    """The version as its author would propose it anew."""
    return PriceDraft(
        scope_type=one.scope_type,
        multiplier=one.multiplier,
        reason=one.reason,
        tier=one.tier,
        provider=one.provider,
        model=one.model,
        effective_from=one.effective_from,
        effective_until=one.effective_until,
        reason_details=one.reason_details,
        urgent=one.is_urgent,
        acknowledges=frozenset(one.acknowledges),
    )


def _why_not(whole: Whole, *, has_part: bool, approves: bool) -> str | None:
    names = _listed([decider.name for decider in whole.deciders])
    if not names:
        who = "Nobody else may approve it: every admin and owner wrote a part of it or cannot sign in."
        return f"{who} An owner can invite another admin." if has_part or not approves else None
    if has_part:
        return f"You wrote a part of it, so somebody else approves it: {names}."
    if not approves:
        return f"Admins and owners approve prices: {names}."
    return None


def _listed(names: list[str]) -> str:
    names = sorted(names)
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + (f" or {names[-1]}" if names else "")


def _steps(one: Proposal) -> list[tuple[str, bool]]:
    """The states on the way, and whether each is the one it is in."""
    at = {"superseded": "active"}.get(one.state, one.state)
    if at not in STEPS:
        return []
    return [(step, step == at) for step in STEPS]
