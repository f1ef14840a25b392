"""Sign an operator in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions import credentials
from dashboard.actions.session_rows import end_one, start_session
from dashboard.actions.throttling import Subject, count_try, forgive
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.passwords import LONGEST
from dashboard.store.audit import record
from dashboard.store.operators import Operator


class SignInRefusedError(RuleBrokenError):
    """The address, the password or the account is not right; which one is not said."""

    def __init__(self) -> None:
        super().__init__("That address and password do not belong together. Nothing was changed; try again.")


@dataclass(frozen=True, slots=True)
class Browser:
    """Where somebody signs in from, and the session this browser had before."""

    address: str | None = None
    user_agent: str | None = None
    session_id: UUID | None = None


def sign_in(email: str, password: str, browser: Browser, *, demo: bool, now: datetime) -> str:
    """Return the token of a new session; SignInRefusedError or TooManyTriesError.

    Takes the same time whether the address is known or not. `demo` lets demo accounts in.
    """
    email = email.strip().lower()
    found = _found(email)
    tries = count_try(email, found.id if found else None, browser.address, now=now)
    usable = found is not None and found.status == "active" and (demo or not found.is_demo)
    right = credentials.matches(found.password_hash if found and usable else None, password[: LONGEST + 1])
    if found is None or not right:
        _note_refusal(found, browser, now)
        raise SignInRefusedError
    with db.transaction() as session:
        return _signed_in(session, found, password, browser, tries, now)


def _found(email: str) -> Operator | None:
    with db.transaction() as session:
        return session.scalars(select(Operator).where(func.lower(Operator.email) == email)).one_or_none()


def _note_refusal(found: Operator | None, browser: Browser, now: datetime) -> None:
    if found is None:
        return
    stranger = Actor(name="signed out", role="none", address=browser.address)
    with db.transaction() as session:
        record(session, stranger, "refuse_sign_in", "operator", found.id, now=now)


def _signed_in(
    session: Session, found: Operator, password: str, browser: Browser, tries: list[Subject], now: datetime
) -> str:
    operator = session.scalars(select(Operator).where(Operator.id == found.id).with_for_update()).one()
    if operator.status != "active" or operator.password_hash != found.password_hash:
        # Disabled, or the password changed, while ours was compared.
        raise SignInRefusedError
    if operator.password_hash is not None and credentials.is_outdated(operator.password_hash):
        operator.password_hash = credentials.hash_password(password)
    operator.last_sign_in_at = now
    forgive(session, tries, now=now)
    if browser.session_id is not None:
        end_one(session, browser.session_id, "signed in again", now=now)
    token, session_id = start_session(
        session, operator.id, address=browser.address, user_agent=browser.user_agent, now=now
    )
    actor = Actor(operator.name, operator.role, operator.id, operator.person_id, session_id, browser.address)
    record(session, actor, "sign_in", "operator", operator.id, now=now)
    return token
