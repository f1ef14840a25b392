"""Tries at a password, counted before the password is looked at, so that no race gives one more."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.sign_in import KNOWN_ADDRESS_FOR, TRIES, WINDOW, window_start
from dashboard.engine.tokens import fingerprint
from dashboard.store.operators import OperatorSession, Throttle

KEPT_FOR = timedelta(days=1)


class TooManyTriesError(RuleBrokenError):
    """The password is not even looked at before `until`."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(f"Too many tries. Nothing was changed; try again after {until:%H:%M} UTC.")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose tries are counted: an account, an address, or an account at an address it knows."""

    kind: str
    name: str

    @property
    def sha256(self) -> bytes:
        """What is kept of it."""
        return fingerprint(f"{self.kind} {self.name}")


def count_try(email: str, operator_id: UUID | None, address: str | None, *, now: datetime) -> list[Subject]:
    """Count one try and commit it; TooManyTriesError when it is one too many."""
    with db.transaction() as session:
        subjects = _subjects(session, email, operator_id, address or "unknown", now)
        exceeded = [_count(session, subject, now) > TRIES[subject.kind] for subject in subjects]
    if any(exceeded):
        raise TooManyTriesError(window_start(now) + WINDOW)
    return subjects


def forgive(session: Session, subjects: list[Subject], *, now: datetime) -> None:
    """After the right password: the account starts anew, its address gets this one try back."""
    for subject in subjects:
        here = (Throttle.kind == subject.kind) & (Throttle.subject_sha256 == subject.sha256)
        if subject.kind == "address":
            current = here & (Throttle.window_start == window_start(now)) & (Throttle.failures > 0)
            session.execute(update(Throttle).where(current).values(failures=Throttle.failures - 1))
        else:
            session.execute(delete(Throttle).where(here))
    session.execute(delete(Throttle).where(Throttle.window_start < now - KEPT_FOR))


def _subjects(session: Session, email: str, operator_id: UUID | None, address: str, now: datetime) -> list[Subject]:
    if operator_id is not None and _is_known(session, operator_id, address, now):
        return [Subject("known", f"{email} {address}")]
    return [Subject("account", email), Subject("address", address)]


def _is_known(session: Session, operator_id: UUID, address: str, now: datetime) -> bool:
    signed_in = select(OperatorSession.id).where(
        OperatorSession.operator_id == operator_id,
        OperatorSession.address == address,
        OperatorSession.created_at > now - KNOWN_ADDRESS_FOR,
    )
    return session.scalar(select(signed_in.exists())) is True


def _count(session: Session, subject: Subject, now: datetime) -> int:
    first = insert(Throttle).values(
        kind=subject.kind, subject_sha256=subject.sha256, window_start=window_start(now), failures=1
    )
    counted = first.on_conflict_do_update(
        index_elements=["kind", "subject_sha256", "window_start"], set_={"failures": Throttle.failures + 1}
    ).returning(Throttle.failures)
    return int(session.execute(counted).scalar_one())
