"""Go back to the multiplier before a price: a new draft, decided like any other."""

from datetime import datetime
from uuid import UUID

from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError


def roll_back_price(actor: Actor, config_id: UUID, now: datetime) -> UUID:
    """Draft the multiplier that held before this price and return the draft's id."""
    raise RuleBrokenError("Prices cannot be proposed yet. Nothing was changed.")
