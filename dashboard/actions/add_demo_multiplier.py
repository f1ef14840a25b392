"""Add the demo's loss-making multiplier, approved by a second person like any other."""

from datetime import datetime
from decimal import Decimal
from uuid import uuid4

from sqlalchemy import insert, select

from dashboard.db import transaction
from dashboard.engine.margin import target_percent
from dashboard.store.catalogue import PricingConfig, PricingParticipant, PricingScope, Provider
from dashboard.store.operators import Operator

AUTHOR, APPROVER = "admin@ledgerline.test", "second-admin@ledgerline.test"


def add_demo_multiplier(provider: str, model: str, multiplier: Decimal, approved_at: datetime) -> None:
    """Let a model be sold at the multiplier from its approval on, written by one demo admin and approved by the other."""
    with transaction() as session:
        persons = dict(
            session.execute(
                select(Operator.email, Operator.person_id).where(Operator.email.in_([AUTHOR, APPROVER]))
            ).all()
        )
        provider_id = session.scalars(select(Provider.id).where(Provider.name == provider)).one()
        scope = insert(PricingScope).values(scope_type="model", provider_id=provider_id, model_id=model)
        scope_id = session.scalars(scope.returning(PricingScope.id)).one()
        config_id = uuid4()
        session.execute(
            insert(PricingConfig).values(
                id=config_id,
                scope_id=scope_id,
                margin_multiplier=multiplier,
                target_gross_margin_percent=target_percent(multiplier),
                effective_from=approved_at,
                reason="manual_adjustment",
                reason_details="Introductory price of the newest model, below cost by agreement",
                approval_status="approved",
                approved_at=approved_at,
                submitted_at=approved_at,
            )
        )
        people = [(persons[AUTHOR], "author"), (persons[APPROVER], "approver")]
        rows = [{"config_id": config_id, "person_id": person, "role": role} for person, role in people]
        session.execute(insert(PricingParticipant), rows)
