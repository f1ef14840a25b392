"""What is no usage is refused with a reason, and no row of any table changes."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from dashboard.engine.usage import utc_text
from tests.api.reporting import Gateway, event
from tests.cast import at, key
from tests.shop import NOW, open_shop
from tests.unchanged import unchanged


@pytest.fixture(scope="module")
def gateway(app: Flask) -> Iterator[Gateway]:
    open_shop(app, requests=40)
    with at(app, NOW):
        yield Gateway(app, key(app, "usage:write")[0])


def test_every_bad_field_is_named_at_once(gateway: Gateway) -> None:
    with unchanged(gateway.app):
        answer = gateway.post(event(input_tokens="many", status="well", surprise=1, customer=None))
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    named = {error["field"] for error in answer.get_json()["errors"]}
    assert named == {"input_tokens", "status", "surprise", "customer"}


def nested(levels: int) -> list[object]:
    found: list[object] = []
    for _ in range(levels):
        found = [found]
    return found


ODD = [
    {"input_tokens": -1},
    {"input_tokens": 1.5},
    {"input_tokens": None},
    {"input_tokens": True},
    {"input_tokens": 10**400},
    {"vendor_cost_usd": "NaN"},
    {"vendor_cost_usd": "Infinity"},
    {"vendor_cost_usd": "1e400"},
    {"customer": "\ud800"},
    {"customer": ["dora@example.com"]},
    {"model": "a\u0000b"},
    {"metadata": {"a": "\u0000"}},
    {"metadata": {"a": "\ud800"}},
    {"metadata": "none"},
    {"metadata": {"a": nested(101)}},
    {"metadata": {"a": nested(700)}},
    {"request_id": ""},
    {"request_started_at": utc_text(NOW - timedelta(days=36))},
    {"request_started_at": utc_text(NOW + timedelta(minutes=6))},
    {"request_started_at": utc_text(NOW - timedelta(days=3650))},
    {"request_started_at": "2026-10-31T07:00:00"},
    {"request_completed_at": utc_text(NOW - timedelta(days=1))},
    {"usage": {"prompt_tokens": 1}},
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: ascii(odd)[:60])
def test_an_odd_value_is_refused_by_its_field_and_changes_nothing(gateway: Gateway, odd: dict[str, object]) -> None:
    with unchanged(gateway.app):
        answer = gateway.post(event(**odd))
    assert answer.status_code == 422
    assert answer.get_json()["errors"]


BROKEN = [
    (b"", 400),
    (b"{", 400),
    (b"\xff\xfe", 400),
    ('{"a": 1}'.encode("utf-16"), 400),
    (b'{"a": 1, "a": 2}', 400),
    (b'{"input_tokens": NaN}', 400),
    (b'{"input_tokens": -Infinity}', 400),
    (b'{"input_tokens": 1e99999999999999999999}', 400),
    (b'{"input_tokens": ' + b"9" * 5000 + b"}", 400),
    (b"[" * 10_000, 400),
    (b'{"a":' * 10_000, 400),
    (b"null", 422),
    (b"[]", 422),
    (b'{"metadata": "' + b"x" * 2**20 + b'"}', 413),
    (b"[" + b" " * (10 * 2**20) + b"]", 413),
    (b"[" + b"{}," * 1_000 + b"{}]", 413),
]


@pytest.mark.parametrize(("body", "status"), BROKEN, ids=[f"{body[:24]!r}" for body, _ in BROKEN])
def test_a_body_that_is_no_usage_is_refused_and_changes_nothing(gateway: Gateway, body: bytes, status: int) -> None:
    with unchanged(gateway.app):
        answer = gateway.post(body)
    assert answer.status_code == status
    assert "othing was" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_another_content_type_is_refused(gateway: Gateway, content_type: str) -> None:
    with unchanged(gateway.app):
        assert gateway.post(event(), content_type=content_type).status_code == 415
