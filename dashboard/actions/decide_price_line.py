"""Accept or refuse what a source says of one model's price."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.actions.vendor_price_rows import add_prices, high_rates_of, lock_prices, rates_of
from dashboard.db import transaction
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.fields import FieldError, text
from dashboard.engine.price_changes import NewPrice
from dashboard.engine.price_lists import ListedPrice, not_too_far
from dashboard.store.audit import record
from dashboard.store.catalogue import Provider
from dashboard.store.price_sync import PriceSync, PriceSyncLine

LONGEST_REASON = 300


class NoSuchLineError(RuleBrokenError):
    """There is no such line."""

    def __init__(self) -> None:
        super().__init__("There is no such difference. Nothing was changed.")


def accept_price_line(actor: Actor, line_id: UUID, now: datetime, *, effective_from: datetime | None = None) -> UUID:
    """Make the line a price and return its id; it starts when the line says, or when the person does.

    InvalidInputError if that is too far ahead.
    RuleBrokenError, with nothing changed, if it was decided or blocked, or if the price it was compared
    with is no longer the one it would follow.
    """
    with transaction() as session:
        lock_prices(session)
        row, provider, source = _open_line(session, line_id)
        start = effective_from or row.effective_from
        if start is not None:
            _refuse_too_far(start, now)
        listed = _listed(row, provider, start)
        found = add_prices(session, [listed], source=source, actor=actor, now=now)
        if found.refused:
            raise RuleBrokenError(f"{found.refused[0].reason}. Nothing was changed.")
        if found.unchanged:
            price_id = found.unchanged[0].id
        else:
            new = found.added[0]
            if not _follows(row, new, listed):
                raise RuleBrokenError(
                    "Another price of this model was set since they were compared. Nothing was changed; compare again."
                )
            price_id = new.id
        row.state, row.price_id, row.decided_by, row.decided_at = "accepted", price_id, actor.operator_id, now
        after = {"model": f"{provider}/{row.model_name}", "source": source, "price_id": str(price_id)}
        record(session, actor, "accept_vendor_price", "price_sync_line", line_id, after=after, now=now)
        return price_id


def refuse_price_line(actor: Actor, line_id: UUID, reason: str, now: datetime) -> None:
    """Leave the price as it is; the same words of this source are not asked about again."""
    try:
        why = text(reason, LONGEST_REASON)
    except FieldError as error:
        raise InvalidInputError({"reason": str(error)}) from None
    with transaction() as session:
        lock_prices(session)
        row, provider, source = _open_line(session, line_id, or_blocked=True)
        row.state, row.blocked_reason, row.decision_reason = "refused", None, why
        row.decided_by, row.decided_at = actor.operator_id, now
        after = {"model": f"{provider}/{row.model_name}", "source": source}
        record(session, actor, "refuse_vendor_price", "price_sync_line", line_id, after=after, reason=why, now=now)


def _open_line(session: Session, line_id: UUID, *, or_blocked: bool = False) -> tuple[PriceSyncLine, str, str]:
    found = session.execute(
        select(PriceSyncLine, Provider.name, PriceSync.source)
        .join(Provider, Provider.id == PriceSyncLine.provider_id)
        .join(PriceSync, PriceSync.id == PriceSyncLine.sync_id)
        .where(PriceSyncLine.id == line_id)
    ).one_or_none()
    if found is None:
        raise NoSuchLineError
    row: PriceSyncLine = found[0]
    if row.state == "blocked" and not or_blocked:
        raise RuleBrokenError(f"{row.blocked_reason} Nothing was changed.")
    if row.state not in {"open", "blocked"}:
        raise RuleBrokenError(f"This difference is {row.state} already. Nothing was changed.")
    return row, found[1], found[2]


def _refuse_too_far(start: datetime, now: datetime) -> None:
    try:
        not_too_far(start, now)
    except FieldError as error:
        raise InvalidInputError({"effective_from": f"{error}. Nothing was changed."}) from None


def _follows(row: PriceSyncLine, new: NewPrice, listed: ListedPrice) -> bool:
    """Whether it still follows the price it was compared with; a first price of a list may follow an earlier one of it."""
    if row.compared_with is None:
        return new.previous is None or listed.effective_from is not None
    return new.previous is not None and new.previous.id == row.compared_with


def _listed(row: PriceSyncLine, provider: str, effective_from: datetime | None) -> ListedPrice:
    return ListedPrice(
        line=row.line,
        provider=provider,
        model=row.model_name,
        rates=rates_of(row),
        threshold_tokens=row.context_threshold_tokens,
        high_rates=high_rates_of(row),
        is_free=row.is_free,
        effective_from=effective_from,
        unit_tokens=row.unit_tokens,
    )
