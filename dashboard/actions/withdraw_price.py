"""Withdraw a proposal, or an approved price that has not begun."""

from datetime import datetime
from uuid import UUID

from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError


def withdraw_price(actor: Actor, config_id: UUID, reason: str, now: datetime) -> None:
    """Withdraw it, with a reason; the price a scheduled one would have followed holds on."""
    raise RuleBrokenError("Prices cannot be proposed yet. Nothing was changed.")
