"""Approve a price that another person proposed."""

from datetime import datetime
from uuid import UUID

from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError


def approve_price(actor: Actor, config_id: UUID, seen_sha256: str, now: datetime) -> None:
    """Approve exactly what was seen; the price it follows ends in the same transaction."""
    raise RuleBrokenError("Prices cannot be proposed yet. Nothing was changed.")
