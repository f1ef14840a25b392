"""Find whom and what a question names."""

from uuid import UUID

from sqlalchemy.orm import Session

from dashboard import db
from dashboard.engine.asking import Asked, RefusedError
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.fields import shown
from dashboard.store.customers import Customer
from dashboard.store.holds import named


def open_customer(customer: str) -> UUID:
    """Return the id of a customer whose credits may still move; InvalidInputError or RefusedError otherwise."""
    with db.transaction() as session:
        user_id, _ = found(session, customer)
        if session.get_one(Customer, user_id).status == "deleted":
            raise RefusedError(Asked("erased"))
    return user_id


def found(session: Session, customer: str, provider: str | None = None) -> tuple[UUID, UUID | None]:
    """Return the ids of a customer and, if there is one, a provider; InvalidInputError if nobody knows them."""
    ids = named.one(session.connection(), customer=customer, provider=provider)
    errors = {}
    if provider is not None and ids.provider_id is None:
        errors["provider"] = f"no provider is called {shown(provider)}"
    if ids.user_id is None:
        errors["customer"] = f"no customer is known as {shown(customer)}"
    if ids.user_id is None or errors:
        raise InvalidInputError(errors)
    return ids.user_id, ids.provider_id
