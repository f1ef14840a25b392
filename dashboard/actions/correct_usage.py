"""Post corrections: usage that waited for a price, or whose price has changed since, gets its differences."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from dashboard.db import transaction
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.fields import FieldError, text
from dashboard.store.audit import record
from dashboard.store.charging import CorrectionTotals
from dashboard.store.charging import correct_usage as posting

ALWAYS, FOR_EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
MOST_AT_ONCE = 5_000
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class CorrectionWanted:
    """Which usage of a model is corrected, half-open; `charge` draws credits, else they are uncovered."""

    provider: str
    model: str
    reason: str
    charge: bool = False
    start: datetime = ALWAYS
    end: datetime = FOR_EVER


def correct_usage(
    actor: Actor, wanted: CorrectionWanted, now: datetime, *, posted_at: datetime | None = None
) -> CorrectionTotals:
    """Post every difference and return the totals; a second time there is nothing left. `posted_at` is a simulation's clock."""
    try:
        text(wanted.reason, LONGEST_REASON)
    except FieldError as error:
        raise InvalidInputError({"reason": str(error)}) from None
    totals = CorrectionTotals()
    while True:
        with transaction() as session:
            batch = post_batch(session, actor, wanted, now, posted_at=posted_at)
        totals = _together(totals, batch)
        if not batch.requests:
            return totals


def post_batch(
    session: Session,
    actor: Actor,
    wanted: CorrectionWanted,
    now: datetime,
    *,
    posted_at: datetime | None = None,
    most: int | None = None,
) -> CorrectionTotals:
    """Post the next of them in this transaction, with their line of the audit log; nothing when none is left."""
    batch = _post(session, actor, wanted, posted_at, most)
    if batch.requests:
        after = {"model": f"{wanted.provider}/{wanted.model}", "charge": wanted.charge, **_written(batch)}
        record(session, actor, "correct_usage", "usage", after=after, reason=wanted.reason, now=now)
    return batch


def try_corrections(actor: Actor, wanted: CorrectionWanted) -> CorrectionTotals | None:
    """Return what one batch would come to, by posting it and taking it back: the preview cannot differ from the act.

    None if there is more than one batch of it.
    """
    with transaction() as session:
        trying = session.begin_nested()
        first = _post(session, actor, wanted, None)
        is_all = not _post(session, actor, wanted, None).requests
        trying.rollback()
    return first if is_all else None


def _post(
    session: Session, actor: Actor, wanted: CorrectionWanted, posted_at: datetime | None, most: int | None = None
) -> CorrectionTotals:
    return posting.one(
        session.connection(),
        provider=wanted.provider,
        model=wanted.model,
        start=wanted.start,
        end=wanted.end,
        charge=wanted.charge,
        reason=wanted.reason,
        operator_id=actor.operator_id,
        most=most or MOST_AT_ONCE,
        posted_at=posted_at,
    )


def _together(one: CorrectionTotals, other: CorrectionTotals) -> CorrectionTotals:
    names = [field.name for field in fields(CorrectionTotals)]
    return CorrectionTotals(*(getattr(one, name) + getattr(other, name) for name in names))


def _written(totals: CorrectionTotals) -> dict[str, object]:
    return {
        field.name: str(value) if isinstance(value := getattr(totals, field.name), Decimal) else value
        for field in fields(CorrectionTotals)
    }
