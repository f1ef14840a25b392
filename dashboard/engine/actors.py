"""Who acts: an operator in a session, or a key of the API."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or key behind a change; what the audit log keeps of them."""

    name: str
    role: str
    operator_id: UUID | None = None
    person_id: UUID | None = None
    session_id: UUID | None = None
    address: str | None = None
    api_key_id: UUID | None = None


SHELL = Actor(name="shell", role="shell")
# What happens because its time has come; nobody does it.
CLOCK = Actor(name="worker", role="worker")
