"""Finding and checking operators inside the transaction that changes one."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.members import faults_of, refuse_owner_alone
from dashboard.store.operators import Operator


class NoSuchOperatorError(RuleBrokenError):
    """There is no operator of this id or address."""

    def __init__(self) -> None:
        super().__init__("There is no such operator. Nothing was changed.")


def locked(session: Session, operator_id: UUID) -> Operator:
    """Return the operator, locked until the end of the transaction."""
    found = session.scalars(select(Operator).where(Operator.id == operator_id).with_for_update()).one_or_none()
    if found is None:
        raise NoSuchOperatorError
    return found


def by_email(session: Session, email: str) -> Operator | None:
    """Return the operator of this address, locked, if there is one."""
    wanted = select(Operator).where(func.lower(Operator.email) == email.strip().lower()).with_for_update()
    return session.scalars(wanted).one_or_none()


def refuse_change_of_owner(session: Session, actor: Actor, role: str, new_role: str | None) -> None:
    """Hold the rule about owners; whoever has the server's shell is above it, and is recorded."""
    if actor.role != "shell":
        refuse_owner_alone(role, new_role, _owners(session, actor))


def new_operator(
    session: Session, actor: Actor, *, email: str, name: str, role: str, person_email: str | None, now: datetime
) -> Operator:
    """Add an invited account, without a password yet; InvalidInputError by field."""
    email, name = email.strip(), name.strip()
    faults = faults_of(email, name, role)
    if not faults and by_email(session, email) is not None:
        faults["email"] = "There is an operator with this address already."
    person_id = _person(session, person_email, faults)
    if faults:
        raise InvalidInputError(faults)
    operator = Operator(
        id=uuid4(),
        person_id=person_id,
        email=email,
        name=name,
        role=role,
        status="invited",
        created_by=actor.operator_id,
        created_at=now,
        updated_at=now,
    )
    session.add(operator)
    _flush(session)
    return operator


def shown(operator: Operator) -> dict[str, str]:
    """Return what the audit log keeps of an account."""
    return {"role": operator.role, "status": operator.status}


def _owners(session: Session, actor: Actor) -> int:
    """Count the persons who are owners now; demo accounts count only for each other."""
    owners = session.scalars(select(Operator).where(Operator.role == "owner").with_for_update()).all()
    acts_in_demo = any(owner.id == actor.operator_id and owner.is_demo for owner in owners)
    counted = [owner for owner in owners if owner.status == "active" and (acts_in_demo or not owner.is_demo)]
    return len({owner.person_id for owner in counted})


def _person(session: Session, person_email: str | None, faults: dict[str, str]) -> UUID:
    if not person_email or not person_email.strip():
        return uuid4()
    other = by_email(session, person_email)
    if other is None:
        faults["person_email"] = "There is no operator with this address."
        return uuid4()
    return other.person_id


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise InvalidInputError({"email": "There is an operator with this address already."}) from error
