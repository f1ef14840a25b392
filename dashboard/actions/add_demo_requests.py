"""Let the demo's support ask for what only a second person may allow, so that the inbox has something to decide."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid5

from sqlalchemy import select

from dashboard import db
from dashboard.actions.deduct_by_hand import deduct_by_hand
from dashboard.actions.grant_credits import grant_credits
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import DeductionOrder, GrantOrder
from dashboard.store.operators import Operator

SAM = "support@ledgerline.test"
LARGE = Decimal(80_000)
TAKEN = Decimal(1_500)


def add_demo_requests(compensated: UUID, corrected: UUID, now: datetime) -> None:
    """Ask for a large grant to one customer and a deduction from another; nothing moves, and both expire in a day."""
    sam = _actor(SAM)
    grant = GrantOrder(compensated, uuid5(compensated, "demo grant"), LARGE, "compensation")
    grant_credits(sam, grant, note="Two days of cut-off answers; agreed with their manager.", now=now)
    deduct_by_hand(sam, DeductionOrder(corrected, TAKEN, "mistake"), note="Granted twice in October.", now=now)


def _actor(email: str) -> Actor:
    with db.transaction() as session:
        found = session.scalars(select(Operator).where(Operator.email == email)).one()
        return Actor(found.name, found.role, found.id, found.person_id)
