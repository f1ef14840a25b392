"""Erasing a person: the database's own function for it."""

from dataclasses import dataclass

from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class Erasure:
    """What went: rows deleted, and rows out of which something was taken; none unless the outcome is `erased`."""

    outcome: str
    notes: int
    usage_details: int
    rejects: int
    answers: int
    deliveries: int
    reasons: int


erase_customer = Query("support/erase_customer", Erasure)
