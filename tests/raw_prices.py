"""Prices by raw SQL, as the application's role says it: no rule but the database's own stands in between."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, text

from dashboard.engine.actors import Actor

TERMS = {"scope_type": "tier", "tier": "pro", "multiplier": "1.6", "reason": "tier_optimization"}


@dataclass(frozen=True)
class Raw:
    """One connection of the application's role."""

    connection: Connection

    def say(self, name: str, *given: object) -> Row[Any]:
        """Call one of the database's functions."""
        places = ", ".join(f":p{number}" for number in range(len(given)))
        values = {f"p{number}": value for number, value in enumerate(given)}
        return self.connection.execute(text(f"select outcome, config_id from {name}({places})"), values).one()

    def draft(self, author: Actor, edits: UUID | None = None, **given: Any) -> Row[Any]:
        return self.say("draft_price", author.operator_id, json.dumps(TERMS | given), edits, None)

    def submit(self, author: Actor, config_id: UUID) -> str:
        return str(self.say("submit_price", author.operator_id, config_id).outcome)

    def submitted(self, author: Actor, **given: Any) -> UUID:
        config_id: UUID = self.draft(author, **given).config_id
        assert self.submit(author, config_id) == "done"
        return config_id

    def seen(self, config_id: UUID) -> bytes:
        return bytes(self.connection.execute(text("select price_seen_sha256(:id)"), {"id": config_id}).scalar_one())

    def approve(self, actor: Actor, config_id: UUID) -> str:
        return str(self.say("approve_price", actor.operator_id, config_id, self.seen(config_id)).outcome)

    def hire(self, role: str, *, person: UUID | None = None, status: str = "active") -> Actor:
        """Add an account inside the transaction of the test."""
        operator_id, person_id = uuid4(), person or uuid4()
        sql = """
            insert into operator (id, person_id, email, name, role, status, password_hash)
            values (:id, :person, :email, 'Somebody', :role, :status, 'x')
        """
        email = f"{operator_id}@example.com"
        given = {"id": operator_id, "person": person_id, "email": email, "role": role, "status": status}
        self.connection.execute(text(sql), given)
        return Actor("Somebody", role, operator_id, person_id)


def one(connection: Connection, sql: str, given: dict[str, Any]) -> Any:
    """Return the one value of a statement that takes some of what is given."""
    return connection.execute(
        text(sql), {name: value for name, value in given.items() if f":{name}" in sql}
    ).scalar_one()


def now() -> datetime:
    return datetime.now(UTC)
