"""What a report can be narrowed to: the values each dimension has."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a dimension; `provider` is set for providers and models."""

    kind: str
    value: str
    title: str
    provider: str


@dataclass(frozen=True, slots=True)
class NamedCustomer:
    """A customer by the name people know."""

    id: UUID
    name: str
    email: str


filter_choices = Query("finance/filter_choices", Choice)
customers_by_id = Query("finance/customers_by_id", NamedCustomer)


@dataclass(frozen=True, slots=True)
class Choices:
    """Value → title of every dimension with values of its own in the database."""

    providers: dict[str, str]
    tiers: dict[str, str]
    models: dict[str, str]


def choices(connection: Connection) -> Choices:
    """Every provider and tier, and the models that were ever used."""
    found = filter_choices.all(connection)
    return Choices(*({one.value: one.title for one in found if one.kind == kind} for kind in KINDS))


def customer_names(connection: Connection, customers: tuple[UUID, ...]) -> dict[UUID, str]:
    """Return the names of these customers; who is unknown is missing."""
    if not customers:
        return {}
    return {one.id: one.name for one in customers_by_id.all(connection, customers=list(customers))}


KINDS = ("provider", "tier", "model")
