"""Take a licence back for what it is still worth, by what was paid for it; the money is kept as account credit."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dashboard import db
from dashboard.actions.invoicing import apply_account_credit
from dashboard.actions.license_rows import locked_license, move
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.licences import trade_in_usd
from dashboard.store.audit import record


def trade_in_license(actor: Actor, user_id: UUID, license_id: UUID, *, seen_usd: Decimal, now: datetime) -> Decimal:
    """Trade an active licence in for the sum that was shown; the next invoice is paid from it. It ends at once."""
    with db.transaction() as session:
        held = locked_license(session, user_id, license_id, is_active=True)
        worth = trade_in_usd(held.purchase_price_usd, held.purchased_at, now)
        if worth != seen_usd:
            raise RuleBrokenError(f"It is worth ${worth:,.2f} now, not what was shown. Nothing was changed.")
        move(session, held, "expired", now, cause="trade_in")
        apply_account_credit(session, user_id, worth, "licence_trade_in", now)
        after = {"user_id": str(user_id), "amount_usd": f"{worth:f}"}
        record(session, actor, "trade_in_license", "license", license_id, after=after, now=now)
    return worth
