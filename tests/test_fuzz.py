"""Whatever an address or a form says, the answer is a page or a refusal, and never repeats a script."""

import re
import struct
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from dashboard import ROOT
from tests.access.matrix import Line, table
from tests.cast import OLGA, SAM, at, csrf_of, hire, signed_in
from tests.shop import NOW, open_shop

READ = re.compile(r'(?:args\.(?:get|getlist)|_one_of|_day)\("(\w+)"')
FILTERS = ("provider", "model", "tier", "request_type", "key_mode", "status", "customer")
AUDIT = ("actor", "verb", "object", "id")
LINES = [line for line in table() if line.method == "GET"]
FORMS = [line for line in table() if line.method == "POST"]
FIELDS = (
    "email",
    "name",
    "role",
    "person_email",
    "scope",
    "expires",
    "reason",
    "value",
    "limit_per_call_credits",
    "limit_per_day_credits",
)
SCRIPT = "<script>alert(1)</script>"
HANDLER = '"onmouseover=alert(1) x="'
NUL = "\0"
NOBODY = "00000000-0000-4000-8000-000000000000"
SETTING = "rejects_kept_days"
GOOD = {
    "email": "new@example.com",
    "name": "New",
    "role": "support",
    "scope": "analytics:read",
    "reason": "why",
    "limit_per_call_credits": "1",
    "limit_per_day_credits": "1",
    "value": "5",
}


def cursor(direction: bytes, micros: int) -> str:
    return urlsafe_b64encode(struct.pack(">cq16s16s", direction, micros, bytes(16), b"\xff" * 16)).decode()


# Text, or bytes of an address as they are sent.
CORPUS = (
    *("", NUL, "a\0b", "%ED%A0%80", "%FF%FE", "%", "A" * 10_000, "\u202e\U0001f4a9\u0661", "\r\nX: y"),
    *(SCRIPT, HANDLER, "{{7*7}}", "';--", "=HYPERLINK(1)", "x~y~z", "…", "all", "none", "day", "csv"),
    *("-1", "0", "9" * 40, "1e400", "NaN", "0001-01-01", "9999-12-31", "2026-02-30", "2026-10-01", "2026-W40-1"),
    *(NOBODY, "-margin", "-name", "corrected", "customer,model", "customer"),
    *("older-9223372036854775807", "newer-0", f"older-{'9' * 30}", "older-\u0661"),
    *(cursor(b"o", micros) for micros in (0, -1, 2**63 - 1, -(2**63), 253_402_300_799_000_000)),
    *(cursor(b"n", -62_135_596_800_000_000), cursor(b"x", 0)),
)
FORM_CORPUS = (NUL, "a\0b", "A" * 10_000, "\u202e\U0001f4a9\u0661", SCRIPT, HANDLER, "9" * 40, "1e-99999999999")


@pytest.fixture(scope="module")
def olga(app: Flask) -> Iterator[FlaskClient]:
    open_shop(app, requests=40)
    with at(app, NOW):
        yield signed_in(app, OLGA)


def names() -> list[str]:
    """Every name a page reads from its address, as the source says it."""
    files = (file for part in ("pages", "api", "ui") for file in (ROOT / "dashboard" / part).rglob("*.py"))
    found = {name for file in files for name in READ.findall(file.read_text())}
    return sorted({*found, *FILTERS, *AUDIT, "nobody-reads-this"})


def query(name: str, value: str) -> bytes:
    return f"{name}={value if value.startswith('%') else quote(value)}".encode()


def sound(response: Response) -> bool:
    """Whether this is an answer: no fault, sent to its end, and nothing of what was asked in it as HTML."""
    page = response.get_data(as_text=True)
    is_page = response.mimetype == "text/html"
    return response.status_code < 500 and not (is_page and (SCRIPT in page or HANDLER in page))


@pytest.mark.parametrize("line", LINES, ids=[line.rule for line in LINES])
def test_no_address_breaks_a_page_or_gets_its_script_onto_it(olga: FlaskClient, line: Line) -> None:
    known = names()
    asked = [b"&".join(query(name, value) for name in known) for value in CORPUS]
    asked += [query(known[number % len(known)], value) for number, value in enumerate(CORPUS) if number % 3 == 0]
    asked += [b"&".join([query("open", "x~y")] * 10_000), b"&".join([query("customer", NOBODY)] * 1_000)]
    for one in asked:
        with olga.get(line.path, query_string=one.decode("ascii")) as response:
            assert sound(response), f"{one[:200]!r}"


@pytest.mark.parametrize("line", FORMS, ids=[line.rule for line in FORMS])
def test_no_form_breaks_a_page_or_gets_its_script_onto_it(app: Flask, line: Line) -> None:
    path = line.path.replace(NOBODY, str(hire(app, SAM).operator_id)).replace("/settings/none", f"/settings/{SETTING}")
    for number, value in enumerate(FORM_CORPUS):
        olga = signed_in(app, OLGA)
        for given in (dict.fromkeys(FIELDS, value), {**GOOD, FIELDS[-1 - number]: value}):
            with olga.post(path, data={**given, "csrf_token": csrf_of(olga)}) as response:
                assert sound(response), f"{given!r:.200}"


def test_a_nul_is_refused_in_plain_words_and_changes_nothing(app: Flask) -> None:
    olga = signed_in(app, OLGA)
    page = olga.get("/control/audit-log?actor=%00")
    assert page.status_code == 400
    assert "holds the character NUL" in page.text
    assert "Nothing was changed" in page.text
    file = olga.get("/control/audit-log/export/csv?id=a%00b")
    assert file.status_code == 400
    machine = olga.get("/api/v1/analytics/margins?group_by=%00")
    assert (machine.status_code, machine.content_type) == (400, "application/problem+json")
    stranger = app.test_client()
    form = {"email": "a\0b", "password": "x", "csrf_token": csrf_of(stranger)}
    assert stranger.post("/sign-in", data=form).status_code == 400
