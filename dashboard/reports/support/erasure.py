"""What erasing a customer would take, and what of them stays."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class ErasurePreview:
    """Rows that would go or forget something, and the books that stay; the balance in credits."""

    customer_id: UUID
    name: str
    email: str
    status: str
    has_preferences: bool
    notes: int
    usage_details: int
    rejects: int
    answers: int
    deliveries: int
    running_plans: int
    balance: Decimal
    entries: int
    requests: int

    @property
    def goes(self) -> list[tuple[str, str, int | None]]:
        """What goes, how, and how many rows; None where there is one of it."""
        return [
            ("Name and e-mail address", "removed; the address is free to be used by a new customer", None),
            ("Preferences", "removed", 1 if self.has_preferences else 0),
            ("Notes", "removed, with the reasons given for decisions about this person", self.notes),
            ("What callers said beside requests", "metadata and names of requests are blanked", self.usage_details),
            ("Refused usage that names the person", "removed", self.rejects),
            ("Answers kept for repeated calls", "removed", self.answers),
            ("Webhook messages", "removed, those on their way too", self.deliveries),
            ("Running plans", "end now, and grant nothing more", self.running_plans),
        ]

    @property
    def stays(self) -> list[tuple[str, str, Decimal | int]]:
        """What stays under the id alone: title, kind of figure, and the figure."""
        return [
            ("Entries of the credit ledger", "count", self.entries),
            ("Requests, their cost and what they were charged", "count", self.requests),
            ("Balance, until its grants expire", "credits", self.balance),
        ]


erasure_preview = Query("support/erasure_preview", ErasurePreview)


def preview_of(connection: Connection, customer_id: UUID) -> ErasurePreview | None:
    """The preview of one customer; None if nobody has this id."""
    found = erasure_preview.all(connection, customer_id=customer_id)
    return found[0] if found else None
