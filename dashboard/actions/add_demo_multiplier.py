"""Add the demo's loss-making multiplier, approved by a second person like any other, at a time of the demo's own."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection, select

from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.engine.pricing import PriceDraft
from dashboard.engine.proposals import settled, terms_of
from dashboard.store import proposals
from dashboard.store.audit import record
from dashboard.store.operators import Operator

AUTHOR, APPROVER = "admin@ledgerline.test", "second-admin@ledgerline.test"


def add_demo_multiplier(
    provider: str, model: str, multiplier: Decimal, *, approved_at: datetime, now: datetime
) -> None:
    """Let a model be sold at the multiplier from its approval on, written by one demo admin and approved by the other."""
    draft = PriceDraft(
        scope_type="model",
        provider=provider,
        model=model,
        multiplier=multiplier,
        reason="manual_adjustment",
        reason_details="Introductory price of the newest model, below cost by agreement",
        acknowledges=frozenset({"below_cost"} if multiplier < 1 else {"below_floor"}),
    )
    approve_demo_price(draft, (AUTHOR, APPROVER), approved_at=approved_at, now=now)


def approve_demo_price(draft: PriceDraft, emails: tuple[str, str], *, approved_at: datetime, now: datetime) -> None:
    """Have a price proposed by the first account and approved by the second, at a time of the demo's own."""
    with db.owner_connection() as connection:
        author, approver = (_actor(connection, email) for email in emails)
        config_id = _propose(connection, author, draft, approved_at - timedelta(days=1))
        settled(
            proposals.approve_at.one(connection, operator_id=approver.operator_id, config_id=config_id, at=approved_at)
        )
    with db.transaction() as session:
        record(session, author, "draft_price", "pricing_config", config_id, after=terms_of(draft), now=now)
        record(session, author, "submit_price", "pricing_config", config_id, now=now)
        record(session, approver, "approve_price", "pricing_config", config_id, now=now)


def _propose(connection: Connection, author: Actor, draft: PriceDraft, at: datetime) -> UUID:
    who, terms = author.operator_id, json.dumps(terms_of(draft))
    config_id = settled(proposals.draft_at.one(connection, operator_id=who, terms=terms, at=at))
    submitted_at = at + timedelta(hours=1)
    return settled(proposals.submit_at.one(connection, operator_id=who, config_id=config_id, at=submitted_at))


def _actor(connection: Connection, email: str) -> Actor:
    named = select(Operator.name, Operator.role, Operator.id, Operator.person_id).where(Operator.email == email)
    name, role, operator_id, person_id = connection.execute(named).one()
    return Actor(name, role, operator_id, person_id)
