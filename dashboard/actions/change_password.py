"""Change one's own password."""

from datetime import datetime

from dashboard import db
from dashboard.actions import credentials
from dashboard.actions.members import NoSuchOperatorError, locked
from dashboard.actions.session_rows import end_all, start_session
from dashboard.actions.throttling import Subject, count_try, forgive
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.passwords import LONGEST, fault_of
from dashboard.store.audit import record
from dashboard.store.operators import Operator


def change_password(actor: Actor, current: str, new: str, *, user_agent: str | None = None, now: datetime) -> str:
    """End every session of the account and return the token of a new one for this browser."""
    operator = _own(actor)
    tries = count_try(operator.email.lower(), operator.id, actor.address, now=now)
    if not credentials.matches(operator.password_hash, current[: LONGEST + 1]):
        raise InvalidInputError({"current": "This is not your password now."})
    fault = fault_of(new, email=operator.email, name=operator.name)
    if new == current:
        fault = "This is the password you have."
    if fault:
        _give_back(tries, now)
        raise InvalidInputError({"new": fault})
    return _changed(actor, operator, new, tries, user_agent, now)


def _own(actor: Actor) -> Operator:
    if actor.operator_id is None:
        raise NoSuchOperatorError
    with db.transaction() as session:
        return locked(session, actor.operator_id)


def _give_back(tries: list[Subject], now: datetime) -> None:
    with db.transaction() as session:
        forgive(session, tries, now=now)


def _changed(
    actor: Actor, seen: Operator, new: str, tries: list[Subject], user_agent: str | None, now: datetime
) -> str:
    password_hash = credentials.hash_password(new)
    with db.transaction() as session:
        operator = locked(session, seen.id)
        if operator.password_hash != seen.password_hash or operator.status != "active":
            raise InvalidInputError({"current": "Your password was changed meanwhile. Nothing was changed now."})
        operator.password_hash = password_hash
        operator.password_changed_at = operator.updated_at = now
        forgive(session, tries, now=now)
        end_all(session, operator.id, "password changed", now=now)
        token, _ = start_session(session, operator.id, address=actor.address, user_agent=user_agent, now=now)
        record(session, actor, "change_password", "operator", operator.id, now=now)
    return token
