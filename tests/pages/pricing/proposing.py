"""Adam and Anna at the pages of proposals: what they send, and what they read there."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient

from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.store.operators import Operator
from tests.cast import HASH, browser, csrf_of, session_of
from tests.unchanged import unchanged

WHERE = "/pricing/proposals"
PREVIEW, WHOLE = "pricing-proposals-preview", "pricing-proposals-whole"
TERMS = {
    "tier": "pro",
    "multiplier": "1.65",
    "reason": "margin_protection",
    "reason_details": "The margin of Pro is too thin",
}
DAY = timedelta(days=1)
SOON = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=3)


def sends(client: FlaskClient, path: str = "", swaps: str = "", **form: str) -> tuple[int, str]:
    """Send a form; as htmx does if it swaps a region."""
    headers = {"HX-Request": "true", "HX-Target": swaps} if swaps else {}
    response = client.post(f"{WHERE}{path}", data={"csrf_token": csrf_of(client), **form}, headers=headers)
    return response.status_code, unescape(response.text)


def drafted(client: FlaskClient, **terms: str) -> str:
    """Draft it; return the path of its page below the list."""
    response = client.post(WHERE, data={"csrf_token": csrf_of(client), **TERMS, **terms})
    assert response.status_code == 303, said(response.text)
    return response.location.removeprefix(WHERE)


def submitted(client: FlaskClient, **terms: str) -> str:
    where = drafted(client, **terms)
    status, page = sends(client, f"{where}/submission")
    assert status == 303, said(page)
    return where


def read(client: FlaskClient, where: str = "") -> str:
    response = client.get(f"{WHERE}{where}")
    assert response.status_code == 200
    return unescape(response.text)


def seen(client: FlaskClient, where: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', read(client, where))
    assert found
    return found[1]


def said(page: str) -> str:
    """The messages of a page, as text."""
    found = re.findall(r'class="(?:callout|bad)[^>]*>(.*?)</(?:p|div)>', page, re.DOTALL)
    return " | ".join(" ".join(re.sub(r"<[^>]*>", " ", one).split()) for one in found)


def typed(moment: datetime) -> str:
    """As the browser sends a date and time."""
    return f"{moment:%Y-%m-%dT%H:%M}"


def second_account(app: Flask, person: Actor, name: str) -> FlaskClient:
    """Sign the same human in under another account."""
    now = datetime.now(UTC)
    with app.app_context(), db.transaction() as session:
        other = Operator(
            id=uuid4(),
            person_id=person.person_id,
            email=f"{name.lower()}@example.com",
            name=name,
            role="owner",
            status="active",
            is_demo=False,
            password_hash=HASH,
            created_at=now,
            updated_at=now,
        )
        session.add(other)
    return browser(app, session_of(app, Actor(name, "owner", other.id, person.person_id)))


def names(page: str) -> list[str]:
    """The proposals of the list, in their order."""
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', page)


def refused(app: Flask, client: FlaskClient, path: str, sentence: str, **form: str) -> str:
    with unchanged(app):
        status, page = sends(client, path, **form)
    assert status in {403, 422}
    assert sentence in page, said(page)
    assert "Nothing was changed" in page
    return page
