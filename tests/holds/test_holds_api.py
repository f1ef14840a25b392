"""Holds as a program asks for them."""

import json
from uuid import uuid4

import pytest
from flask import Flask

from tests.holds.program import ADA, USED, Program, fields_of, now_text, program, request_id
from tests.unchanged import unchanged


@pytest.fixture
def gateway(books: Flask) -> Program:
    return program(books)


@pytest.fixture(scope="module")
def caller(still: Flask) -> Program:
    return program(still)


def hold(gateway: Program, **asked: object) -> dict[str, str]:
    wanted = asked or {"credits": "60"}
    answer = gateway.post("/holds", {"customer": ADA, "request_id": request_id(1), **wanted})
    assert answer.status_code in {200, 201}, answer.data
    found: dict[str, str] = answer.get_json()
    return found


def test_a_hold_is_answered_with_its_id_its_credits_and_what_is_left(gateway: Program) -> None:
    held = hold(gateway)
    assert (held["credits"], held["spendable"], held["state"]) == ("60.000000", "40.000000", "open")
    assert held["expires_at"] > held["placed_at"]
    assert gateway.balance() == {"balance": "100.000000", "spendable": "40.000000", "held": "60.000000"}
    assert gateway.get(f"/holds/{held['id']}").get_json()["state"] == "open"


def test_a_hold_asked_for_again_is_the_same_and_another_one_is_a_conflict(books: Flask, gateway: Program) -> None:
    first = hold(gateway)
    wanted = {"customer": ADA, "request_id": request_id(1)}
    with unchanged(books):
        again = gateway.post("/holds", {**wanted, "credits": "60"})
        other = gateway.post("/holds", {**wanted, "credits": "61"})
    assert (again.status_code, again.get_json()["id"], again.get_json()["replayed"]) == (200, first["id"], True)
    assert other.status_code == 409


def test_a_hold_of_more_than_can_be_spent_is_402_and_says_what_could_be(books: Flask, gateway: Program) -> None:
    with unchanged(books):
        answer = gateway.post("/holds", {"customer": ADA, "request_id": request_id(1), "credits": "100.000001"})
    assert answer.status_code == 402
    assert answer.content_type == "application/problem+json"
    problem = json.loads(answer.data)
    assert (problem["code"], problem["found"]["spendable"]) == ("short", "100.000000")
    assert "Nothing was changed" in problem["detail"]


def test_a_hold_of_estimated_tokens_is_settled_with_a_receipt_and_then_replayed(books: Flask, gateway: Program) -> None:
    held = hold(gateway, **USED)
    assert held["credits"] == "70.000000"
    event = {**USED, "output_tokens": 1000, "request_started_at": now_text()}
    first, again = (gateway.post(f"/holds/{held['id']}/settle", event) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    receipt = first.get_json()
    assert receipt["credits_due"] == receipt["credits_deducted"] == "40.000000"
    assert (receipt["balance"], receipt["spendable"], receipt["vendor_cost_usd"]) == (
        "60.000000",
        "60.000000",
        "0.020000000000",
    )
    assert again.get_json() == {**receipt, "replayed": True}
    with unchanged(books):
        assert gateway.post(f"/holds/{held['id']}/settle", {**event, "output_tokens": 9}).status_code == 409
        assert gateway.post(f"/holds/{held['id']}/release").status_code == 409
    shown = gateway.get(f"/holds/{held['id']}").get_json()
    assert (shown["state"], shown["receipt"]["credits_deducted"]) == ("settled", "40.000000")


def test_a_settle_takes_the_usage_body_of_a_vendor(gateway: Program) -> None:
    held = hold(gateway)
    usage = {"input_tokens": 1000, "output_tokens": 1000, "input_tokens_details": {"cached_tokens": 0}}
    event = {"provider": "openai", "model": "gpt-4o", "usage": usage, "request_started_at": now_text()}
    answer = gateway.post(f"/holds/{held['id']}/settle", event)
    assert (answer.status_code, answer.get_json()["credits_due"]) == (201, "40.000000")


def test_a_released_hold_gives_its_credits_back_and_cannot_be_settled(books: Flask, gateway: Program) -> None:
    held = hold(gateway)
    released, again = (gateway.post(f"/holds/{held['id']}/release") for _ in range(2))
    assert (released.status_code, released.get_json()["state"]) == (200, "released")
    assert (again.status_code, again.get_json()["replayed"]) == (200, True)
    assert gateway.balance()["spendable"] == "100.000000"
    with unchanged(books):
        event = {**USED, "request_started_at": now_text()}
        assert gateway.post(f"/holds/{held['id']}/settle", event).status_code == 409


def test_a_settle_of_another_request_or_customer_is_refused(books: Flask, gateway: Program) -> None:
    held = hold(gateway)
    event = {**USED, "request_started_at": now_text()}
    with unchanged(books):
        for other in ({"request_id": request_id(2)}, {"customer": "bea@example.com"}):
            assert gateway.post(f"/holds/{held['id']}/settle", {**event, **other}).status_code == 422
        late = {**USED, "request_started_at": "2020-01-01T00:00:00Z"}
        assert fields_of(gateway.post(f"/holds/{held['id']}/settle", late)) == {"request_started_at"}
        unknown = {**event, "provider": "nobody"}
        assert fields_of(gateway.post(f"/holds/{held['id']}/settle", unknown)) == {"provider"}


def test_a_hold_nobody_knows_is_404(books: Flask, gateway: Program) -> None:
    with unchanged(books):
        assert gateway.get(f"/holds/{uuid4()}").status_code == 404
        assert gateway.post(f"/holds/{uuid4()}/release").status_code == 404
        assert gateway.post(f"/holds/{uuid4()}/settle", USED).status_code == 404


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({}, {"credits", "provider", "model"}),
        ({"credits": "0"}, {"credits"}),
        ({"credits": "-1"}, {"credits"}),
        ({"credits": "NaN"}, {"credits"}),
        ({"credits": "1e400"}, {"credits"}),
        ({"credits": "0.0000001"}, {"credits"}),
        ({"credits": [1]}, {"credits"}),
        ({"credits": True}, {"credits"}),
        ({"credits": "5", "model": "gpt-4o"}, {"model"}),
        ({"credits": "5", "expires_in_seconds": 0}, {"expires_in_seconds"}),
        ({"credits": "5", "expires_in_seconds": 10**9}, {"expires_in_seconds"}),
        ({"credits": "5", "customer": None}, {"customer"}),
        ({"credits": "5", "customer": "nobody@example.com"}, {"customer"}),
        ({"credits": "5", "customer": "\ud800"}, {"customer"}),
        ({"credits": "5", "customer": "a\0b"}, {"customer"}),
        ({"credits": "5", "request_id": 7}, {"request_id"}),
        ({"credits": "5", "colour": "red"}, {"colour"}),
        ({"provider": "openai", "model": "gpt-4o", "input_tokens": -1}, {"input_tokens"}),
        ({"provider": "nobody", "model": "gpt-4o", "input_tokens": 1}, {"provider"}),
    ],
)
def test_each_bad_field_is_named_and_no_row_is_changed(
    still: Flask, caller: Program, asked: dict[str, object], fields: set[str]
) -> None:
    with unchanged(still):
        answer = caller.post("/holds", {"customer": ADA, "request_id": request_id(1), **asked})
    assert answer.status_code == 422
    assert fields_of(answer) == fields


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("[]", 400),
        ("null", 400),
        ("{", 400),
        ('{"credits": NaN}', 400),
        ('{"credits": 1, "credits": 2}', 400),
        ("[" * 10_000 + "]" * 10_000, 400),
        (b"\xff\xfe", 400),
        ('{"a": "' + "x" * 300_000 + '"}', 413),
    ],
)
def test_a_body_nobody_can_read_is_refused(still: Flask, caller: Program, body: str | bytes, status: int) -> None:
    with unchanged(still):
        for path in ("/holds", "/credits/deduct", "/credits/allocate", "/credits/refund"):
            assert caller.post(path, body, once="a").status_code == status
