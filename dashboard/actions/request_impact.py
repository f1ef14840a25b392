"""Ask for a replay of real usage under another price: of a proposal, or of scenarios."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.impact import MOST_SCENARIOS, Assumptions, Scenario
from dashboard.engine.impact_json import written
from dashboard.store.audit import record
from dashboard.store.impacts import ImpactRun, change_of_config, requests_between
from dashboard.store.jobs import defer

REPLAY, REPLAY_QUEUE = "replay_usage", "replay"
LONGEST = timedelta(days=366)
DAYS = 30
Window = tuple[datetime, datetime]


class NoSuchPriceError(RuleBrokenError):
    """There is no such version of a price."""

    def __init__(self) -> None:
        super().__init__("There is no such proposal. Nothing was changed.")


def request_impact(
    actor: Actor,
    subject: UUID | Sequence[Scenario],
    window: Window | None,
    assumptions: Assumptions,
    now: datetime,
) -> UUID:
    """Queue a replay and return its id; the window [start, end) is the last 30 whole days if none is given."""
    window = window or last_days(now)
    _refuse_windows(window, assumptions, now)
    with db.transaction() as session:
        scenarios = _scenarios(session, subject)
        start, end = window
        run = ImpactRun(
            id=uuid4(),
            config_id=subject if isinstance(subject, UUID) else None,
            scenarios=written(scenarios),
            window_start=start,
            window_end=end,
            assumptions=written(assumptions),
            requests=requests_between.one(session.connection(), start=start, end=end).requests,
            requested_by=actor.operator_id,
            requested_name=actor.name,
            requested_at=now,
        )
        session.add(run)
        session.flush()
        about = {"config_id": str(run.config_id) if run.config_id else None, "scenarios": run.scenarios}
        record(session, actor, "request_impact", "impact_run", run.id, after=about, now=now)
        defer(session, REPLAY, queue=REPLAY_QUEUE, arguments={"run_id": str(run.id)})
    return run.id


def last_days(now: datetime, days: int = DAYS) -> Window:
    """Return the last whole UTC days, today left out."""
    end = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return end - timedelta(days=days), end


def _scenarios(session: Session, subject: UUID | Sequence[Scenario]) -> Sequence[Scenario]:
    if not isinstance(subject, UUID):
        if not 1 <= len(subject) <= MOST_SCENARIOS:
            raise InvalidInputError({"scenarios": f"Give one to {MOST_SCENARIOS} scenarios. Nothing was changed."})
        return subject
    changes = change_of_config.all(session.connection(), config_id=subject)
    if not changes:
        raise NoSuchPriceError
    return [Scenario(tuple(changes))]


def _refuse_windows(window: Window, assumptions: Assumptions, now: datetime) -> None:
    start, end = window
    errors = {}
    if end <= start:
        errors["window"] = "The window ends before it begins. Give a last day after the first. Nothing was changed."
    elif end - start > LONGEST:
        errors["window"] = "A replay reads at most 366 days. Give a shorter window. Nothing was changed."
    elif start >= now:
        errors["window"] = "The window lies in the future, where nothing has been used. Nothing was changed."
    if not -100 <= assumptions.volume_percent <= 1000:  # noqa: PLR2004 - from nothing at all to eleven times as much
        errors["volume_percent"] = "Give a change of use between −100 and 1000 percent. Nothing was changed."
    if not 0 <= assumptions.leaving_percent <= 100:  # noqa: PLR2004 - a percentage
        errors["leaving_percent"] = "Give a share of customers between 0 and 100 percent. Nothing was changed."
    if errors:
        raise InvalidInputError(errors)
