"""The pricing desk of the tests: proposals brought as far as a test needs them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import text

from dashboard import db
from dashboard.actions.approve_price import approve_price
from dashboard.actions.draft_price import draft_price
from dashboard.actions.submit_price import submit_price
from dashboard.engine.actors import Actor
from dashboard.engine.pricing import PriceDraft


def drafted(**given: Any) -> PriceDraft:
    """A sound draft for the tier pro, but for what is given."""
    terms: dict[str, Any] = {
        "scope_type": "tier",
        "tier": "pro",
        "multiplier": Decimal("1.6"),
        "reason": "tier_optimization",
    }
    return PriceDraft(**(terms | given))


def propose(app: Flask, author: Actor, **given: Any) -> UUID:
    """Draft and submit; return the proposal's id."""
    now = datetime.now(UTC)
    with app.app_context():
        config_id = draft_price(author, drafted(**given), now)
        submit_price(author, config_id, now)
    return config_id


def seen(app: Flask, config_id: UUID) -> str:
    """What an approver sees of it, as the form sends it."""
    with app.app_context(), db.snapshot() as connection:
        return bytes(connection.execute(text("select price_seen_sha256(:id)"), {"id": config_id}).scalar_one()).hex()


def approved(app: Flask, author: Actor, approver: Actor, **given: Any) -> UUID:
    """Have a price proposed by one and approved by the other; return its id."""
    config_id = propose(app, author, **given)
    with app.app_context():
        approve_price(approver, config_id, seen(app, config_id), datetime.now(UTC))
    return config_id
