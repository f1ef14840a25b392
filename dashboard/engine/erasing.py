"""Erasing a person: what is asked, by whom, and what must be typed (domain §14)."""

from dataclasses import dataclass
from uuid import UUID

from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.permissions import Permission, may

ERASURE_KIND = "erase_customer"
CAUSES = {
    "asked": "The person asked for it",
    "duty": "The time it may be kept is over",
    "mistake": "Should never have been taken in",
}
WHY = "erasing a person cannot be undone and needs the agreement of a second person"


@dataclass(frozen=True, slots=True)
class ErasureOrder:
    """A customer to be erased, and why."""

    user_id: UUID
    cause: str


def refuse_eraser(role: str) -> None:
    """Refuse whoever may not ask for a person to be erased."""
    if role != "shell" and not may(role, Permission.ERASURES_CHANGE):
        raise NotAllowedError(f"The role {role} may not erase a person. Nothing was changed.")


def refuse_unconfirmed(order: ErasureOrder, email: str, typed: str) -> None:
    """Refuse, by field, what was not chosen, and an erasure whose e-mail was not typed as it stands."""
    found = {}
    if order.cause not in CAUSES:
        found["cause"] = f"Choose one of {', '.join(CAUSES)}."
    if typed.strip().lower() != email.lower():
        found["confirmation"] = "Type the customer’s e-mail address exactly as it stands above."
    if found:
        raise InvalidInputError(found)
