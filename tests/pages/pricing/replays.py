"""What a replay of the shop's month is asked."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from flask import Flask

from dashboard.actions.request_impact import request_impact
from dashboard.engine.impact import Assumptions, RuleChange, Scenario
from tests.cast import ADAM, hire
from tests.shop import FIRST, NOW

START = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
WINDOW = (START, datetime(2026, 10, 31, tzinfo=UTC))
TIERS = {"free": "2.0", "pro": "1.5", "pro_max": "1.4", "enterprise_pro": "1.2"}
ZERO = Decimal(0)
EVERYTHING = Assumptions()


def raised(factor: str) -> Scenario:
    """Every tier's price times the same factor."""
    return Scenario(
        tuple(
            RuleChange("tier", Decimal(multiplier) * Decimal(factor), tier=tier) for tier, multiplier in TIERS.items()
        )
    )


def waiting(shop: Flask) -> UUID:
    with shop.app_context():
        return request_impact(hire(shop, ADAM), [raised("1.1"), raised("0.9")], WINDOW, EVERYTHING, NOW)
