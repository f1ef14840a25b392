"""Write down a proposal for a price; it waits for nobody until it is submitted."""

from datetime import datetime
from uuid import UUID

from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.pricing import PriceDraft


def draft_price(actor: Actor, draft: PriceDraft, now: datetime) -> UUID:
    """Keep the draft and return its id; InvalidInputError names every field that cannot be taken."""
    raise RuleBrokenError("Prices cannot be proposed yet. Nothing was changed.")
