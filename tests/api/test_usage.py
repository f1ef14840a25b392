"""POST /api/v1/usage and what became of a request, as a gateway uses them."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from dashboard import db
from dashboard.engine.usage import utc_text
from dashboard.reports.checks import broken
from tests.cast import at, key
from tests.shop import NOW, open_shop

USAGE = "/api/v1/usage"
STARTED = utc_text(NOW - timedelta(hours=1))
# A key being used is no change of anything it touches, and its time is noted once a minute.
EVERY_TABLE = """
    select string_agg(
        format('(select md5(coalesce(string_agg(md5(r::text), '''' order by r::text), '''')) from %I as r)', table_name),
        ' || ' order by table_name
    )
    from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'api_key'
"""


class Gateway:
    """A program with a key that reports usage at the shop's hour."""

    def __init__(self, app: Flask, secret: str) -> None:
        self.app = app
        self.headers = {"Authorization": f"Bearer {secret}"}

    def post(self, body: object, query: str = "", content_type: str = "application/json") -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body)
        return self.app.test_client().post(
            f"{USAGE}{query}", data=data, content_type=content_type, headers=self.headers
        )

    def get(self, path: str) -> TestResponse:
        return self.app.test_client().get(f"{USAGE}/{path}", headers=self.headers)


@pytest.fixture(scope="module")
def gateway(app: Flask) -> Iterator[Gateway]:
    open_shop(app, requests=40)
    with at(app, NOW):
        yield Gateway(app, key(app, "usage:write")[0])


def event(**changes: object) -> dict[str, object]:
    return {
        "request_id": str(uuid4()),
        "customer": "dora@example.com",
        "provider": "openai",
        "model": "gpt-4o",
        "input_tokens": 1000,
        "output_tokens": 2000,
        "request_started_at": STARTED,
        **changes,
    }


@contextmanager
def nothing_changed(app: Flask, *, but: str = "") -> Iterator[None]:
    before = fingerprints(app, but)
    yield
    assert fingerprints(app, but) == before


def fingerprints(app: Flask, but: str) -> str:
    """Every row of every table, as one text."""
    with app.app_context(), db.transaction() as session:
        sql = session.scalar(text(EVERY_TABLE.replace("'api_key'", f"all (array['api_key', '{but}'])")))
        return str(session.scalar(text(f"select {sql}")))


def rows(app: Flask, sql: str, **given: object) -> list[Any]:
    with app.app_context(), db.transaction() as session:
        return list(session.execute(text(sql), given))


def test_a_reported_request_is_charged_and_answered_with_its_receipt(gateway: Gateway) -> None:
    sent = event()
    answer = gateway.post(sent)
    assert answer.status_code == 201
    receipt = answer.get_json()
    draws = receipt.pop("draws")
    balance = receipt.pop("balance")
    # 1,000 × .0025 + 2,000 × .01 per thousand = $0.0225, × 1.2 = $0.027: 27 credits.
    assert receipt == {
        "request_id": sent["request_id"],
        "credits_due": "27.000000",
        "credits_deducted": "27.000000",
        "credits_uncovered": "0.000000",
        "vendor_cost_usd": "0.022500000000",
        "credit_value_usd": "0.027000000000",
        "multiplier": "1.2000",
        "multiplier_scope": "tier",
        "replayed": False,
    }
    assert [draw["credits"] for draw in draws] == ["27.000000"]
    found = rows(
        gateway.app,
        "select amount from user_credit_balance where user_id = (select user_id from unique_key where value = :email)",
        email="dora@example.com",
    )
    assert f"{found[0].amount}" == balance


def test_the_same_request_again_is_a_replay_and_another_body_is_refused(gateway: Gateway) -> None:
    sent = event()
    first = gateway.post(sent).get_json()
    gateway.post(event())
    with nothing_changed(gateway.app):
        again = gateway.post(sent)
        other = gateway.post({**sent, "output_tokens": 2001})
    assert again.status_code == 200
    assert again.get_json() == {**first, "replayed": True}
    assert other.status_code == 409
    assert "another body" in other.get_json()["detail"]


def test_whoever_never_got_an_answer_asks_what_became_of_it(gateway: Gateway) -> None:
    sent = event(request_id="run 7, step 1")
    receipt = gateway.post(sent).get_json()
    assert gateway.get("run 7, step 1?customer=dora@example.com").get_json() == receipt
    assert gateway.get("run 7, step 2?customer=dora@example.com").status_code == 404
    assert gateway.get("run 7, step 1?customer=ada@example.com").status_code == 404
    assert gateway.get("run 7, step 1").status_code == 422


def test_what_the_balance_cannot_pay_is_recorded_all_the_same(gateway: Gateway) -> None:
    answer = gateway.post(event(customer="ada@example.com", output_tokens=10_000_000))
    receipt = answer.get_json()
    assert answer.status_code == 201
    due, deducted, uncovered = (Decimal(receipt[f"credits_{name}"]) for name in ("due", "deducted", "uncovered"))
    assert due == deducted + uncovered
    assert uncovered > 0


def test_a_model_without_a_price_is_unpriced_and_never_free(gateway: Gateway) -> None:
    receipt = gateway.post(event(model="unheard-of")).get_json()
    assert (receipt["vendor_cost_usd"], receipt["credits_due"]) == (None, "0.000000")


def test_a_dry_run_shows_the_receipt_and_writes_nothing(gateway: Gateway) -> None:
    sent = event()
    with nothing_changed(gateway.app):
        answer = gateway.post(sent, "?dry_run=true")
        assert gateway.post([sent, event(customer="nobody")], "?dry_run=true").get_json()["accepted"] == 1
    shown = answer.get_json()
    assert answer.status_code == 200
    assert shown.pop("dry_run") is True
    assert gateway.post(sent).get_json() == shown


def test_of_an_array_the_good_rows_land_and_the_others_are_named(gateway: Gateway) -> None:
    good, known = event(), event()
    gateway.post(known)
    answer = gateway.post([good, event(input_tokens=-1), known, event(customer="nobody@example.com"), "text", good])
    assert answer.status_code == 200
    found = answer.get_json()
    assert (found["accepted"], found["replayed"]) == (1, 2)
    assert [(row["index"], row["errors"][0]["field"]) for row in found["rejected"]] == [
        (1, "input_tokens"),
        (3, "customer"),
        (4, ""),
    ]


def test_with_atomic_one_bad_row_keeps_all_out(gateway: Gateway) -> None:
    good, known = event(), event()
    gateway.post(known)
    with nothing_changed(gateway.app):
        for bad in (event(input_tokens=-1), event(provider="nobody"), {**known, "output_tokens": 1}):
            answer = gateway.post([good, bad], "?atomic=true")
            assert answer.status_code == 422
            assert [row["index"] for row in answer.get_json()["rejected"]] == [1]
    assert gateway.post([good, known], "?atomic=true").get_json() == {"accepted": 1, "replayed": 1, "rejected": []}


def test_a_cloud_event_names_its_customer_and_its_time_around_the_usage(gateway: Gateway) -> None:
    envelope: dict[str, object] = {
        "specversion": "1.0",
        "id": "42",
        "source": "/gateway/eu",
        "type": "tokens.used",
        "subject": "dora@example.com",
        "time": STARTED,
        "data": {
            "provider": "openai",
            "model": "gpt-4o",
            "usage": {"prompt_tokens": 1000, "completion_tokens": "2000"},
        },
    }
    single = gateway.post(envelope, content_type="application/cloudevents+json")
    assert (single.status_code, single.get_json()["credits_due"]) == (201, "27.000000")
    batch = [envelope, {**envelope, "source": "/gateway/us"}, {**envelope, "data": "none"}]
    found = gateway.post(batch, content_type="application/cloudevents-batch+json").get_json()
    assert (found["accepted"], found["replayed"]) == (1, 1)
    assert found["rejected"] == [
        {"index": 2, "errors": [{"field": "data", "detail": "must be a JSON object: the usage"}]}
    ]
    assert gateway.get("42?customer=dora@example.com&source=/gateway/us").status_code == 200


def test_who_nobody_knows_is_refused_and_the_event_kept_once_to_be_repaired(gateway: Gateway) -> None:
    sent = event(customer="late@example.com", metadata={"ratio": 0.5})
    with nothing_changed(gateway.app, but="usage_reject"):
        for _ in range(2):
            answer = gateway.post(sent)
            assert answer.status_code == 422
            assert answer.get_json()["errors"][0]["field"] == "customer"
        assert gateway.post(event(provider="nobody")).get_json()["errors"][0]["field"] == "provider"
    kept = rows(
        gateway.app,
        "select code, raw, keep_until - received_at = interval '90 days' as for_90_days from usage_reject where raw->>'request_id' = :id",
        id=sent["request_id"],
    )
    assert [(row.code, row.for_90_days) for row in kept] == [("unknown_customer", True)]
    assert kept[0].raw["metadata"] == {"ratio": 0.5}


def test_every_bad_field_is_named_at_once(gateway: Gateway) -> None:
    with nothing_changed(gateway.app):
        answer = gateway.post(event(input_tokens="many", status="well", surprise=1, customer=None))
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    named = {error["field"] for error in answer.get_json()["errors"]}
    assert named == {"input_tokens", "status", "surprise", "customer"}


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
    with nothing_changed(gateway.app):
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
    with nothing_changed(gateway.app):
        answer = gateway.post(body)
    assert answer.status_code == status
    assert "othing was" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_another_content_type_is_refused(gateway: Gateway, content_type: str) -> None:
    with nothing_changed(gateway.app):
        assert gateway.post(event(), content_type=content_type).status_code == 415


def test_a_key_that_may_only_read_reports_nothing(gateway: Gateway) -> None:
    reader = Gateway(gateway.app, key(gateway.app, "analytics:read")[0])
    sent = event()
    with nothing_changed(gateway.app):
        assert reader.post(sent).status_code == 403
    assert gateway.post(sent).status_code == 201


def test_twenty_threads_with_one_request_make_one_charge(gateway: Gateway) -> None:
    sent = event(customer="cleo@example.com")
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: gateway.post(sent), range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.get_json()["balance"] for answer in answers}) == 1
    charged = "select count(*) as charges from credit_deduction_ledger where request_id = :id"
    assert rows(gateway.app, charged, id=sent["request_id"])[0].charges == 1


def test_after_all_of_it_every_law_of_the_books_holds(gateway: Gateway) -> None:
    with gateway.app.app_context(), db.snapshot() as connection:
        assert broken(connection) == {}
