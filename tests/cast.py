"""The people of the tests: who they are, and how they come to be signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from dashboard import db
from dashboard.access.sessions import COOKIE
from dashboard.actions.create_api_key import create_api_key
from dashboard.actions.session_rows import start_session
from dashboard.engine.actors import SHELL, Actor
from dashboard.engine.api_keys import KeyWanted
from dashboard.store.operators import Operator

PASSWORD = "a long walk by the sea"
# Cheap on purpose: real ones are made anew at the first sign-in.
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who operates Ledgerline."""

    name: str
    role: str

    @property
    def email(self) -> str:
        return f"{self.name.lower()}@example.com"


FIONA = Person("Fiona", "finance")
ADAM = Person("Adam", "admin")
ANNA = Person("Anna", "admin")
SAM = Person("Sam", "support")
OLGA = Person("Olga", "owner")
AUD = Person("Aud", "auditor")
CAST = (FIONA, ADAM, ANNA, SAM, OLGA, AUD)
BY_ROLE = {person.role: person for person in (FIONA, ADAM, SAM, OLGA, AUD)}


def hire(app: Flask, person: Person, *, status: str = "active", is_demo: bool = False) -> Actor:
    """Add the person's account if it is not there, and return them as an actor."""
    now = datetime.now(UTC)
    with app.app_context(), db.transaction() as session:
        operator = session.query(Operator).filter_by(email=person.email).one_or_none()
        if operator is None:
            operator = Operator(
                id=uuid4(),
                person_id=uuid4(),
                email=person.email,
                name=person.name,
                role=person.role,
                status=status,
                is_demo=is_demo,
                password_hash=HASH,
                created_at=now,
                updated_at=now,
            )
            session.add(operator)
        return Actor(operator.name, operator.role, operator.id, operator.person_id)


def session_of(app: Flask, actor: Actor, *, began: datetime | None = None) -> str:
    """Begin a session for them without a password; return its token."""
    assert actor.operator_id is not None
    with app.app_context(), db.transaction() as session:
        token, _ = start_session(
            session, actor.operator_id, address="127.0.0.1", user_agent="Test/1", now=began or datetime.now(UTC)
        )
    return token


def signed_in(app: Flask, person: Person) -> FlaskClient:
    """Return a browser in which the person is signed in."""
    return browser(app, session_of(app, hire(app, person)))


def browser(app: Flask, token: str | None = None) -> FlaskClient:
    """Return a browser, with a session's cookie if there is one."""
    client = app.test_client()
    if token is not None:
        client.set_cookie(COOKIE, token)
    return client


def csrf_of(client: FlaskClient) -> str:
    """Return the token this browser must send with its forms."""
    with client.session_transaction() as kept:
        raw = kept.setdefault("csrf_token", token_hex(20))
    signer = URLSafeTimedSerializer(str(client.application.secret_key), salt="wtf-csrf-token")
    return str(signer.dumps(raw))


def key(app: Flask, *scopes: str, lives: timedelta | None = None) -> tuple[str, UUID]:
    """Make an API key; return it and its id."""
    now = datetime.now(UTC)
    with app.app_context():
        wanted = KeyWanted("a program", scopes, expires_at=None if lives is None else now + lives)
        made = create_api_key(SHELL, wanted, now=now)
    return made.key, made.api_key_id


@contextmanager
def at(app: Flask, moment: datetime) -> Iterator[None]:
    """Let the app's clock show this moment."""
    before = app.config.get("CLOCK")
    app.config["CLOCK"] = lambda: moment
    yield
    app.config["CLOCK"] = before
