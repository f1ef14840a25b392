"""Reject a price that another person proposed."""

from datetime import datetime
from uuid import UUID

from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError


def reject_price(actor: Actor, config_id: UUID, reason: str, now: datetime) -> None:
    """Reject a submitted proposal, with a reason for its author."""
    raise RuleBrokenError("Prices cannot be proposed yet. Nothing was changed.")
