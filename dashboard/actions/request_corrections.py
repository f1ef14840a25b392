"""Ask for corrections of a model's usage; a worker posts them."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.correct_usage import LONGEST_REASON, CorrectionWanted
from dashboard.actions.run_corrections import OPEN
from dashboard.actions.vendor_price_rows import lock_prices
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.fields import FieldError, text
from dashboard.store.audit import record
from dashboard.store.catalogue import Provider
from dashboard.store.corrections import CorrectionRun, correctable
from dashboard.store.jobs import defer

CORRECT, CORRECT_QUEUE = "correct_usage", "corrections"


def request_corrections(actor: Actor, wanted: CorrectionWanted, now: datetime) -> UUID | None:
    """Queue them and return the run's id; None if there is nothing to correct.

    While a run of the model is open that one is returned: a second would only divide the same rows.
    """
    reason = _reason(wanted.reason)
    with db.transaction() as session:
        # Two who ask at once wait here, and the second finds the run of the first.
        lock_prices(session)
        provider_id = _provider(session, wanted.provider)
        open_run = select(CorrectionRun.id).where(
            CorrectionRun.provider_id == provider_id,
            CorrectionRun.model_id == wanted.model,
            CorrectionRun.status.in_(OPEN),
        )
        running = session.scalars(open_run).first()
        if running is not None:
            return running
        due = correctable.one(
            session.connection(), provider_id=provider_id, model=wanted.model, start=wanted.start, end=wanted.end
        ).requests
        if not due:
            return None
        run = CorrectionRun(
            id=uuid4(),
            provider_id=provider_id,
            model_id=wanted.model,
            charge=wanted.charge,
            reason=reason,
            requests=due,
            requested_by=actor.operator_id,
            requested_name=actor.name,
            requested_at=now,
        )
        session.add(run)
        session.flush()
        about = {"model": f"{wanted.provider}/{wanted.model}", "charge": wanted.charge, "requests": due}
        record(session, actor, "request_corrections", "correction_run", run.id, after=about, reason=reason, now=now)
        defer(session, CORRECT, queue=CORRECT_QUEUE, arguments={"run_id": str(run.id)})
    return run.id


def _reason(given: str) -> str:
    try:
        return text(given, LONGEST_REASON)
    except FieldError as error:
        raise InvalidInputError({"reason": str(error)}) from None


def _provider(session: Session, name: str) -> UUID:
    found = session.scalars(select(Provider.id).where(Provider.name == name)).one_or_none()
    if found is None:
        raise RuleBrokenError(f"No provider is called {name[:40]}. Nothing was changed.")
    return found
