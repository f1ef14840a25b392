"""What people ask of a second person, and how it is decided over the pages."""

from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from dashboard import db
from dashboard.actions.grant_credits import grant_credits
from dashboard.actions.request_approval import AwaitsApproval
from dashboard.actions.reverse_entry import ReversalWanted, reverse_entry
from dashboard.engine.by_hand import GrantOrder
from tests.books import ADA, Story
from tests.cast import SAM, Person, csrf_of, hire

INBOX = "/support/approvals"
REGION = "support-approvals-whole"
ADAM_AT_HOME = Person("Adamo", "owner")


def played(app: Flask) -> Story:
    """Ada, who paid for 900,000 credits and used 90,000 of them in two requests."""
    return Story(app).play("""
        day 0: grant A 900000 for $900 paid
        day 1: use 60000
        day 1: use 30000
    """)


def asks(app: Flask, person: Person = SAM, credits: int = 90_000, note: str | None = None) -> UUID:
    """Ask for more credits than the person may grant alone; return the request."""
    order = GrantOrder(ADA.user_id, uuid4(), Decimal(credits), "compensation")
    actor = hire(app, person)
    with app.app_context():
        waiting = grant_credits(actor, order, note=note, now=datetime.now(UTC))
    assert isinstance(waiting, AwaitsApproval)
    return waiting.request_id


def wants_back(app: Flask, seq: int) -> UUID:
    """Sam asks for all of an entry to be given back."""
    sam = hire(app, SAM)
    with app.app_context():
        waiting = reverse_entry(sam, ReversalWanted(ADA.user_id, "service_fault", seq=seq), now=datetime.now(UTC))
    assert isinstance(waiting, AwaitsApproval)
    return waiting.request_id


def reads(client: FlaskClient, path: str = "") -> str:
    response = client.get(f"{INBOX}{path}")
    assert response.status_code == 200
    return unescape(response.text)


def seen(app: Flask, request_id: UUID) -> str:
    """What a page that could be decided shows of the request."""
    with app.app_context(), db.snapshot() as connection:
        found = connection.execute(
            text("select payload_sha256 from approval_request where id = :id"), {"id": request_id}
        )
        return bytes(found.scalar_one()).hex()


def decides(client: FlaskClient, request_id: UUID, how: str = "approval", **form: str) -> tuple[int, str]:
    """Send the form; return what came of it."""
    given = {"csrf_token": csrf_of(client), "seen": seen(client.application, request_id), **form}
    response = client.post(f"{INBOX}/{request_id}/{how}", data=given)
    return response.status_code, unescape(response.text)


def balance(app: Flask) -> Decimal:
    with app.app_context(), db.snapshot() as connection:
        wanted = text("select amount from user_credit_balance where user_id = :user")
        return Decimal(connection.execute(wanted, {"user": ADA.user_id}).scalar_one())
