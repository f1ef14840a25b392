"""Coupons and campaigns of the tests, approved as they have to be."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import text

from dashboard import db
from dashboard.actions.add_customers import add_customers
from dashboard.actions.apply_coupon_terms import TermsApplied
from dashboard.actions.approve import approve
from dashboard.actions.propose_coupon_terms import propose_coupon_terms
from dashboard.actions.record_usage import record_usage
from dashboard.engine.actors import SHELL
from dashboard.engine.coupons import CampaignOrder, CampaignTerms, CouponOrder, CouponTerms
from dashboard.engine.customers import NewCustomer
from dashboard.engine.rating import Tokens
from dashboard.engine.usage import UsageEvent
from dashboard.reports.checks import broken
from dashboard.store.approvals import ApprovalRequest
from tests.cast import ADAM, ANNA, Person, hire

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
TWENTY = CouponTerms(
    coupon_type="fixed_amount",
    discount_type="credits",
    discount_value=Decimal(20),
    max_uses=100,
    max_uses_per_user=1,
    min_purchase_amount=None,
    tier_eligibility=["free", "pro", "pro_max", "enterprise_pro", "enterprise_max"],
    billing_cycles=["monthly", "annual"],
    valid_from=NOW - DAY,
    valid_until=NOW + 30 * DAY,
)
SPRING = CampaignTerms("Spring", "seasonal", NOW - DAY, NOW + 30 * DAY, Decimal(100))


def coupon(app: Flask, code: str, **changed: Any) -> UUID:
    """Make a coupon of 20 credits, or of other terms, with its second person; return its id."""
    return made(app, CouponOrder(replace(TWENTY, **changed), [code], "For a test"))


def campaign(app: Flask, **changed: Any) -> UUID:
    """Make a campaign with its second person; return its id."""
    return made(app, CampaignOrder(replace(SPRING, **changed), "For a test"))


def made(app: Flask, order: CouponOrder | CampaignOrder, by: Person = ADAM, approver: Person = ANNA) -> UUID:
    """Propose and approve it; return the id of the first coupon, or of the campaign."""
    asker, decider = hire(app, by), hire(app, approver)
    with app.app_context():
        filed = propose_coupon_terms(asker, order, now=datetime.now(UTC))
        done = approve(decider, filed.request_id, seen_sha256=seen(filed.request_id), now=datetime.now(UTC))
    assert isinstance(done, TermsApplied)
    return done.object_id


def seen(request_id: UUID) -> str:
    """What an approver sees of a request."""
    with db.transaction() as session:
        return session.get_one(ApprovalRequest, request_id).payload_sha256.hex()


def customer(app: Flask, name: str, tier: str = "free") -> UUID:
    """A customer since yesterday; return their id."""
    new = NewCustomer(f"{name}@example.com", name.title(), tier, "monthly", NOW - DAY, 1)
    with app.app_context():
        add_customers([new], actor=SHELL, now=NOW)
    return new.user_id


def spend(app: Flask, name: str, credits_due: int) -> None:
    """Let the customer, who is on the free tier, use that many credits."""
    event = UsageEvent(
        customer=f"{name}@example.com",
        request_id=uuid4(),
        external_id=None,
        provider="openai",
        model="gpt-4o",
        service="chat",
        request_type="completion",
        status="success",
        key_mode="system",
        tokens=Tokens(1000, 0, 0, 10),
        vendor_cost_usd=Decimal(credits_due) / 2000,
        cost_estimated=False,
        experiment_id=None,
        metadata=None,
        started_at=datetime.now(UTC),
        completed_at=None,
    )
    with app.app_context():
        assert record_usage([event])[0].outcome == "charged"


def one(app: Flask, sql: str, **given: object) -> Any:
    """The first column of the first row."""
    with app.app_context(), db.snapshot() as connection:
        return connection.execute(text(sql), given).scalar_one()


def laws(app: Flask) -> dict[str, int]:
    """What breaks the laws of the books."""
    with app.app_context(), db.snapshot() as connection:
        return {law: found for law, found in broken(connection).items() if law != "audit_chain_unbroken"}
