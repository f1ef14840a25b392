"""Say what is wrong with a proposal while it is being written; nothing is kept."""

from datetime import datetime

from dashboard import db
from dashboard.actions.judging_prices import facts_for
from dashboard.engine.pricing import PriceDraft, problems


def check_price(draft: PriceDraft, now: datetime) -> dict[str, str]:
    """Return everything that would keep this from being submitted now, by field; empty when nothing would."""
    with db.transaction() as session:
        return problems(draft, facts_for(session, draft.model, now), now)
