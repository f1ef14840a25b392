"""The life of a plan: its states, its billing periods, and what the clock does next (domain §10)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from dashboard.engine.calendar import day_of_month, months_later
from dashboard.engine.customers import MONTHS_OF_CYCLE
from dashboard.engine.errors import RuleBrokenError


class Status(StrEnum):
    """Where a plan stands."""

    TRIAL = "trial"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    GRACE_PERIOD = "grace_period"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Event(StrEnum):
    """What the clock brings, in the order it brings them at one instant."""

    PERIOD_END = "period_end"
    ALLOWANCE = "allowance"
    DUNNING = "dunning"


# From each state, where a plan may go.
TRANSITIONS = {
    Status.TRIAL: frozenset({Status.ACTIVE, Status.CANCELLED, Status.EXPIRED, Status.SUSPENDED}),
    Status.ACTIVE: frozenset({Status.PAST_DUE, Status.SUSPENDED, Status.CANCELLED, Status.EXPIRED}),
    Status.PAST_DUE: frozenset(
        {Status.ACTIVE, Status.GRACE_PERIOD, Status.SUSPENDED, Status.CANCELLED, Status.EXPIRED}
    ),
    Status.GRACE_PERIOD: frozenset({Status.ACTIVE, Status.SUSPENDED, Status.CANCELLED, Status.EXPIRED}),
    Status.SUSPENDED: frozenset({Status.ACTIVE, Status.CANCELLED, Status.EXPIRED}),
    Status.CANCELLED: frozenset[Status](),
    Status.EXPIRED: frozenset[Status](),
}
GRANTING = frozenset({Status.ACTIVE, Status.PAST_DUE, Status.GRACE_PERIOD})
ENDED = frozenset({Status.CANCELLED, Status.EXPIRED})
# Days after an unpaid invoice, and what the plan becomes when it is still unpaid then.
DUNNING = (
    (0, Status.ACTIVE),
    (3, Status.PAST_DUE),
    (7, Status.GRACE_PERIOD),
    (14, Status.SUSPENDED),
    (21, Status.CANCELLED),
)
IN_WORDS = {
    Status.TRIAL: "in its trial",
    Status.ACTIVE: "active",
    Status.PAST_DUE: "past due",
    Status.GRACE_PERIOD: "in its grace period",
    Status.SUSPENDED: "suspended",
    Status.CANCELLED: "cancelled",
    Status.EXPIRED: "expired",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides when the clock acts on a plan."""

    status: Status
    period_end: datetime
    allowance_due_at: datetime | None
    unpaid_since: datetime | None = None
    dunning_attempts: int = 0


def next_due(standing: Standing) -> tuple[datetime, Event] | None:
    """Return when the clock has to act next and for what; None for a plan that has ended."""
    if standing.status in ENDED:
        return None
    due = [(standing.period_end, 0, Event.PERIOD_END)]
    if standing.allowance_due_at is not None and standing.status in GRANTING:
        due.append((standing.allowance_due_at, 1, Event.ALLOWANCE))
    if standing.unpaid_since is not None and standing.dunning_attempts < len(DUNNING):
        wait = timedelta(days=DUNNING[standing.dunning_attempts][0])
        due.append((standing.unpaid_since + wait, 2, Event.DUNNING))
    at, _, event = min(due)
    return at, event


def after_attempt(number: int) -> Status:
    """What a plan becomes when its invoice is found unpaid for the n-th time (from 1)."""
    return DUNNING[number - 1][1]


def first_period_end(start: datetime, billing_cycle: str, anchor_day: int) -> datetime:
    """The end of a first billing period: midnight UTC of the anchor day a month or year on, clamped."""
    start = start.astimezone(UTC)
    return day_of_month(start.year, start.month + MONTHS_OF_CYCLE[billing_cycle], anchor_day)


def next_period_end(end: datetime, billing_cycle: str, anchor_day: int) -> datetime:
    """The end of the billing period that begins where one ends; the anchor day is kept through short months."""
    return months_later(end.astimezone(UTC), MONTHS_OF_CYCLE[billing_cycle], anchor_day)


def refuse_move(status: str, wanted: Status) -> None:
    """Refuse a state this plan cannot go to."""
    if wanted not in TRANSITIONS[Status(status)]:
        raise RuleBrokenError(
            f"This plan is {IN_WORDS[Status(status)]}, so it cannot become {IN_WORDS[wanted]}. Nothing was changed."
        )
