"""Take credits if they are there."""

from datetime import datetime
from uuid import uuid4

from dashboard import db
from dashboard.actions.find_customer import found
from dashboard.engine.actors import Actor
from dashboard.engine.asking import Answer, DeductWanted, RefusedError
from dashboard.engine.usage import plain
from dashboard.store.audit import record
from dashboard.store.customers import PersonalNote
from dashboard.store.holds import deduct_credits as deducting

ANSWERED = frozenset({"deducted", "replayed"})


def deduct_credits(
    actor: Actor, wanted: DeductWanted, *, now: datetime, simulated_at: datetime | None = None
) -> Answer:
    """Deduct from what is spendable, once per request; RefusedError says why not, with nothing written.

    `now` dates the audit line; the entry takes the database's time under the customer's lock.
    """
    note_id = None if wanted.reason is None else uuid4()
    with db.transaction() as session:
        user_id, _ = found(session, wanted.customer)
        asked = deducting.one(
            session.connection(),
            user_id=user_id,
            request_id=wanted.request_id,
            body_sha256=wanted.body_sha256(),
            amount=wanted.amount,
            operator_id=actor.operator_id,
            api_key_id=actor.api_key_id,
            note_id=note_id,
            now=simulated_at,
        )
        if asked.outcome not in ANSWERED:
            raise RefusedError(asked)
        if asked.outcome == "deducted":
            if note_id is not None:
                session.add(
                    PersonalNote(user_id=user_id, id=note_id, kind="deduct", body=wanted.reason, created_at=now)
                )
            after = {
                "amount": plain(wanted.amount),
                "request_id": str(wanted.request_id),
                "note_id": note_id and str(note_id),
            }
            record(session, actor, "deduct_credits", "credit_entry", f"{user_id}-{asked.seq}", after=after, now=now)
    return Answer(user_id, asked, wanted.request_id)
