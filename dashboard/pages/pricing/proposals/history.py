"""Everything that happened to a proposal, in sentences, with what its dates add to it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dashboard.reports.pricing.impact import ImpactRun
from dashboard.reports.pricing.proposals import Event, Whole
from dashboard.ui.format import multiplier, plural


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened, or will; `words` are what somebody said with it."""

    at: datetime
    text: str
    words: str | None = None
    is_to_come: bool = False


def history_of(whole: Whole, run: ImpactRun | None, now: datetime) -> list[Moment]:
    """All versions' events, the latest replay and the dates of this one, the oldest first."""
    multipliers = {version.id: multiplier(version.multiplier) for version in whole.versions}
    told = [_told(event, multipliers) for event in whole.events]
    return sorted([*told, *_replay(run), *_dates(whole, now)], key=lambda one: one.at)


def _told(event: Event, multipliers: dict[UUID, str]) -> Moment:
    who, which = event.actor_name, f"version {event.version}"
    at = multipliers.get(event.config_id, "–")
    text = {
        "drafted": f"{who} drafted {which} at {at}",
        "edited": f"{who} changed it to {at}, {which}",
        "submitted": f"{who} submitted {which} at {at}",
        "approved": f"{who} approved {which}",
        "rejected": f"{who} rejected {which}",
        "withdrawn": f"{who} withdrew {which}",
        "expired": f"{which.capitalize()} expired: nobody decided it in time",
        "commented": f"{who} commented",
        "closed": "Its end was set: another price of the same scope follows",
        "reopened": "Its end was taken back: the price that was to follow was withdrawn",
        "rolled_back": f"{who} drafted a return to the multiplier before it",
        "impact_attached": "A replay was attached",
    }.get(event.kind, f"{who}: {event.kind.replace('_', ' ')}")
    return Moment(event.at, text, event.reason if event.kind != "commented" else None)


def _replay(run: ImpactRun | None) -> list[Moment]:
    if run is None or run.finished_at is None or not run.impacts:
        return []
    return [Moment(run.finished_at, f"{plural(run.requests, 'real request')} replayed at it, for {run.requested_name}")]


def _dates(whole: Whole, now: datetime) -> list[Moment]:
    one = whole.proposal
    found: list[Moment] = []
    if one.status == "pending" and one.decide_by is not None:
        verb = "Expires" if one.decide_by > now else "Expired"
        found.append(Moment(one.decide_by, f"{verb} if nobody decided it", is_to_come=one.decide_by > now))
    if one.status != "approved" or one.effective_from is None:
        return found
    starts = one.effective_from > now
    found.append(Moment(one.effective_from, "Becomes active" if starts else "Became active", is_to_come=starts))
    if one.effective_until is not None:
        ends = one.effective_until > now
        found.append(Moment(one.effective_until, "Ends" if ends else "Ended", is_to_come=ends))
    return found
