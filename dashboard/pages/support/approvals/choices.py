"""Who may do what with a request now, and why not."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.engine.actors import Actor
from dashboard.engine.announcing import permission_for
from dashboard.engine.permissions import deciders, may
from dashboard.reports.support.approvals import ApprovalDecider, WholeApproval
from dashboard.ui.format import moment, plural

HOUR, MINUTE = 3600, 60


@dataclass(frozen=True, slots=True)
class Choices:
    """What this person may do; `why_not` says why they decide nothing, `who` who may."""

    decide: bool
    withdraw: bool
    why_not: str | None
    who: str


def choices_of(whole: WholeApproval, actor: Actor, now: datetime) -> Choices:
    """Compared as persons, under whatever account they look."""
    row = whole.row
    is_pending = row.state == "pending"
    is_own = actor.person_id is not None and actor.person_id in row.persons
    decides = may(actor.role, permission_for(row.subject))
    why_not = None
    if is_pending and is_own:
        why_not = "You asked for it, so it takes another person."
    elif is_pending and not decides:
        why_not = f"Only {deciders(permission_for(row.subject))} decides this."
    return Choices(is_pending and decides and not is_own, is_pending and is_own, why_not, _who(whole, now))


def left_of(decide_by: datetime, now: datetime) -> str:
    """How long there is, in one line: `23 h 10 min left`, `12 min left`."""
    minutes = max(0, int((decide_by - now).total_seconds()) // MINUTE)
    hours, rest = divmod(minutes, HOUR // MINUTE)
    if hours >= 48:  # noqa: PLR2004 - two days: days read better than hours
        return f"{plural(hours // 24, 'day')} left"
    return (f"{hours} h {rest} min left" if hours else f"{rest} min left").replace(" ", "\N{NO-BREAK SPACE}")


def _who(whole: WholeApproval, now: datetime) -> str:
    until = f" until {moment(whole.row.decide_by, now)} UTC" if whole.row.decide_by else ""
    if not whole.deciders:
        return (
            "No other admin or owner has an account, so nobody may approve it and it expires undecided"
            f"{until and until.replace(' until', ' at')}. An owner can invite somebody."
        )
    return f"{_listed(whole.deciders)} can decide it{until}; undecided it expires and nothing is done."


def _listed(deciders: list[ApprovalDecider]) -> str:
    names = sorted(f"{one.name} ({one.role})" for one in deciders)
    if len(names) > 4:  # noqa: PLR2004 - more names than anybody reads
        return f"{', '.join(names[:3])} and {plural(len(names) - 3, 'other')}"
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
