"""Submit a proposal: from now on it never changes, and another person decides it."""

from datetime import datetime
from uuid import UUID

from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError


def submit_price(actor: Actor, config_id: UUID, now: datetime) -> None:
    """Submit a draft for approval; InvalidInputError names every rule it breaks."""
    raise RuleBrokenError("Prices cannot be proposed yet. Nothing was changed.")
