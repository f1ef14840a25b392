"""End a vendor's price: deleting one means ending it, and later usage of the model is unpriced."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from dashboard.actions.vendor_price_rows import lock_prices
from dashboard.db import transaction
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.fields import FieldError
from dashboard.engine.price_lists import not_too_far
from dashboard.store.audit import record
from dashboard.store.catalogue import VendorPrice


def end_vendor_price(actor: Actor, price_id: UUID, ends_at: datetime | None, reason: str, now: datetime) -> None:
    """Let the price hold until `ends_at`, or end it now; never in the past: what it has rated stays rated by it.

    InvalidInputError if the end is too far ahead.
    """
    try:
        not_too_far(ends_at or now, now)
    except FieldError as error:
        raise InvalidInputError({"ends_at": f"The end {error}. Nothing was changed."}) from None
    with transaction() as session:
        lock_prices(session)
        row = session.scalars(select(VendorPrice).where(VendorPrice.id == price_id)).one_or_none()
        if row is None:
            raise RuleBrokenError("There is no such price. Nothing was changed.")
        # Now is the database's: it judges by its own clock what lies in the past.
        end = ends_at or max(session.scalars(select(func.now())).one(), now)
        if end < now or end <= row.effective_from:
            raise RuleBrokenError("A price ends now or later, and after it began. Nothing was changed.")
        if row.effective_until is not None and row.effective_until <= end:
            raise RuleBrokenError(f"This price ends {row.effective_until:%Y-%m-%d %H:%M} already. Nothing was changed.")
        before = {"effective_until": None if row.effective_until is None else row.effective_until.isoformat()}
        row.effective_until = end
        after = {"effective_until": end.isoformat(), "model": row.model_name}
        record(
            session,
            actor,
            "end_vendor_price",
            "vendor_price",
            price_id,
            before=before,
            after=after,
            reason=reason,
            now=now,
        )
