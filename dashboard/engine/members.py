"""Rules about operators: their addresses, their roles, and who may change an owner."""

import re

from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.permissions import ROLES

LONGEST_EMAIL = 254
LONGEST_NAME = 100
_EMAIL = re.compile(r"[^@\s<>\"'(),:;\[\]\\]+@[^@\s<>\"'(),:;\[\]\\]+\.[^@\s.<>\"'(),:;\[\]\\]+")


def faults_of(email: str, name: str, role: str) -> dict[str, str]:
    """Return what is wrong with a new operator, by field."""
    found = {}
    if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        found["email"] = "This is not an e-mail address; it looks like name@company.com."
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        found["name"] = f"Give a name of 1 to {LONGEST_NAME} characters."
    if role not in ROLES:
        found["role"] = f"Choose one of the roles {', '.join(ROLES)}."
    return found


def refuse_owner_alone(role: str, new_role: str | None, owners: int) -> None:
    """Refuse to touch the ownership of somebody: the last owner stays, and of two neither acts alone.

    `owners` counts the persons who are active owners; `new_role` is None when the account is disabled.
    """
    if role != "owner" and new_role != "owner":
        return
    if role == "owner" and owners <= 1:
        raise RuleBrokenError(
            "This is the only owner, without whom nobody could manage operators. Nothing was changed."
        )
    if owners > 1:
        raise RuleBrokenError(
            "Once there are two owners, who is an owner needs the agreement of a second one, "
            "and approving this is not possible yet. Nothing was changed."
        )
