"""The support desk of the tests: opening a receipt and sending what its form holds."""

import re
from html import unescape
from itertools import count
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.engine.customers import NewCustomer
from tests.books import START
from tests.cast import Person, csrf_of

RECEIPTS = "/support/receipts"
_numbers = count(1)
HIDDEN = re.compile(r'<input type="hidden" name="(seen|reversed_before)" value="([^"]*)">')


def somebody() -> NewCustomer:
    """A customer of a test's own, so that tests can share a database."""
    number = next(_numbers)
    return NewCustomer(f"ada{number}@example.com", f"Ada {number}", "free", "monthly", START, 1)


def support() -> Person:
    """Somebody of the support desk who has given nothing yet."""
    return Person(f"Sam{next(_numbers)}", "support")


def entry_path(customer_id: UUID, seq: int) -> str:
    """Where the receipt of an entry stands."""
    return f"{RECEIPTS}/{customer_id}/entries/{seq}"


def opened(browser: FlaskClient, path: str) -> str:
    """Open a receipt; return its page."""
    answer = browser.get(path, follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def form_on(html: str) -> dict[str, str]:
    """What the form binds: the amount whose consequences are shown, and what had been given back by then."""
    return dict(HIDDEN.findall(html))


def reversing(browser: FlaskClient, path: str, html: str, *, htmx: bool = False, **typed: Any) -> TestResponse:
    """Press the button of a receipt that was opened, with what is typed."""
    fields = {"csrf_token": csrf_of(browser), "part": "full", "reason": "service_fault", **form_on(html), **typed}
    headers = {"HX-Request": "true", "HX-Target": "div#support-receipts-show"} if htmx else {}
    return browser.post(f"{path}/reversals", data=fields, headers=headers)


def text_of(html: str) -> str:
    """A page as it is read: without its markup, on one line."""
    body = html.partition("<main")[2].partition("</main>")[0] or html
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())
