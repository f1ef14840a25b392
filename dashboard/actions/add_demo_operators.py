"""Add the accounts of the demo, which can sign in nowhere else."""

from datetime import datetime
from uuid import uuid4

from dashboard import db
from dashboard.actions.credentials import hash_password
from dashboard.actions.members import by_email
from dashboard.engine.actors import SHELL, Actor
from dashboard.store.audit import record
from dashboard.store.operators import Operator

PASSWORD = "ledgerline-demo"  # noqa: S105 - printed at the start; refused outside demo mode
ACCOUNTS = (
    ("finance", "Fiona Marsh", "finance"),
    ("admin", "Adam Keller", "admin"),
    ("second-admin", "Anna Lindqvist", "admin"),
    ("support", "Sam Okafor", "support"),
    ("owner", "Olga Petrova", "owner"),
    ("auditor", "Aud Hansen", "auditor"),
)


def add_demo_operators(*, now: datetime, actor: Actor = SHELL) -> int:
    """Add those that are not there yet; return how many."""
    with db.transaction() as session:
        missing = [
            (f"{start}@ledgerline.test", name, role)
            for start, name, role in ACCOUNTS
            if by_email(session, f"{start}@ledgerline.test") is None
        ]
        session.add_all([_account(email, name, role, now) for email, name, role in missing])
        if missing:
            after = {"accounts": len(missing)}
            record(session, actor, "add_demo_operators", "operator", after=after, now=now)
    return len(missing)


def _account(email: str, name: str, role: str, now: datetime) -> Operator:
    return Operator(
        id=uuid4(),
        person_id=uuid4(),
        email=email,
        name=name,
        role=role,
        status="active",
        password_hash=hash_password(PASSWORD),
        is_demo=True,
        password_changed_at=now,
        created_at=now,
        updated_at=now,
    )
