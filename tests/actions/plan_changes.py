"""Changes of plans and of the credit policy, and who proposes and approves them in tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from dashboard import db
from dashboard.actions.approve import approve
from dashboard.actions.propose_plan_change import propose_plan_change
from dashboard.engine.actors import Actor
from dashboard.engine.plans import PlanOrder, PolicyOrder, TierStateOrder, TierVersionOrder
from dashboard.store.approvals import ApprovalRequest
from dashboard.store.catalogue import TierVersion
from tests.cast import ADAM, ANNA, Person, hire


def state(tier: str, was: tuple[bool, bool], now: tuple[bool, bool]) -> TierStateOrder:
    """Whether a tier is sold and in use."""
    return TierStateOrder(tier, *was, *now, why="Nobody takes it")


SEEDED = datetime(2000, 1, 1, tzinfo=UTC)
NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=30)
DEARER = TierVersionOrder(
    tier="pro",
    monthly_price_usd=Decimal(21),
    annual_price_usd=Decimal(210),
    monthly_credit_allocation=Decimal(20_000),
    max_credit_rollover=Decimal(10_000),
    floor_multiplier=Decimal("1.05"),
    trial_days=14,
    based_on=SEEDED,
    why="Costs went up",
    effective_from=LATER,
)
TENTHS = PolicyOrder(Decimal("0.001"), Decimal("0.1"), SEEDED, "Fairer small charges", LATER)
NOT_SOLD = state("pro_max", was=(True, True), now=(False, True))
OTHER_ACCOUNT = Person("Adamo", "owner")


def proposes(shop: Flask, order: PlanOrder, person: Person = ADAM) -> UUID:
    return propose_plan_change(hire(shop, person), order, now=NOW).request_id


def approves(shop: Flask, request_id: UUID, person: Person | Actor = ANNA, now: datetime = NOW) -> object:
    actor = person if isinstance(person, Actor) else hire(shop, person)
    return approve(actor, request_id, seen_sha256=seen(request_id), now=now)


def seen(request_id: UUID) -> str:
    with db.transaction() as session:
        return session.get_one(ApprovalRequest, request_id).payload_sha256.hex()


def versions(tier: str) -> list[tuple[datetime, Decimal]]:
    with db.transaction() as session:
        found = session.scalars(
            select(TierVersion).where(TierVersion.tier == tier).order_by(TierVersion.effective_from)
        )
        return [(one.effective_from, one.monthly_price_usd) for one in found]
