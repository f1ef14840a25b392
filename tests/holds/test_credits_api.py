"""Credits taken, given and given back by programs."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from dashboard import db
from dashboard.actions.allocate_period import allocate_period
from dashboard.actions.answer_once import KEPT_FOR
from dashboard.actions.clear_old_records import clear_old_records
from dashboard.actions.record_usage import record_usage
from dashboard.actions.seal_audit import seal_audit
from dashboard.engine.usage import utc_text
from dashboard.reports.audit import state_of, verify
from tests.cast import at, key
from tests.holds import world
from tests.holds.program import ADA, USED, Program, fields_of, program, request_id
from tests.unchanged import unchanged


@pytest.fixture
def shop(books: Flask) -> Program:
    return program(books)


@pytest.fixture(scope="module")
def caller(still: Flask) -> Program:
    return program(still)


def deduct(number: int, amount: object, **more: object) -> dict[str, object]:
    return {"customer": ADA, "request_id": request_id(number), "amount": amount, **more}


def test_a_deduction_is_taken_and_answered_again_the_same(books: Flask, shop: Program) -> None:
    body = deduct(1, "30.5", reason="A picture")
    first = shop.post("/credits/deduct", body)
    with unchanged(books):
        again = shop.post("/credits/deduct", body)
        other = shop.post("/credits/deduct", {**body, "amount": "30.6"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    said = first.get_json()
    assert (said["amount"], said["balance"], said["spendable"]) == ("30.500000", "69.500000", "69.500000")
    assert said["entry"].endswith("-2")
    assert again.get_json() == {**said, "replayed": True}


def test_a_deduction_beyond_what_can_be_spent_is_402_and_writes_nothing(books: Flask, shop: Program) -> None:
    with unchanged(books):
        answer = shop.post("/credits/deduct", deduct(1, "101"))
    assert answer.status_code == 402
    assert json.loads(answer.data)["found"]["spendable"] == "100.000000"


@pytest.mark.parametrize(("status", "code"), [("suspended", 403), ("cancelled", 403), ("deleted", 403)])
def test_a_customer_who_is_closed_is_403(books: Flask, shop: Program, status: str, code: int) -> None:
    world.change_customer(status=status)
    with unchanged(books):
        assert shop.post("/credits/deduct", deduct(1, "1")).status_code == code
        assert shop.post("/holds", {"customer": ADA, "request_id": request_id(2), "credits": 1}).status_code == code


def test_the_monthly_cap_is_402(books: Flask, shop: Program) -> None:
    world.change_customer(monthly_cap_credits=Decimal(10))
    assert shop.post("/credits/deduct", deduct(1, "9")).status_code == 201
    with unchanged(books):
        answer = shop.post("/credits/deduct", deduct(2, "2"))
    assert answer.status_code == 402
    assert json.loads(answer.data)["found"]["cap_left"] == "1.000000"


def test_a_key_is_held_to_its_limits_per_call_and_per_day(books: Flask) -> None:
    limits = {"limit_per_call_credits": Decimal(20), "limit_per_day_credits": Decimal(30)}
    shop = program(books, **limits)
    assert shop.post("/credits/deduct", deduct(1, "20")).status_code == 201
    with unchanged(books):
        per_call = shop.post("/credits/deduct", deduct(2, "20.1"))
        per_day = shop.post("/credits/deduct", deduct(2, "10.1"))
        given = shop.post("/credits/allocate", {"customer": ADA, "amount": "11", "source": "bonus"}, once="a")
    assert [answer.status_code for answer in (per_call, per_day, given)] == [403, 403, 403]
    assert shop.post("/credits/deduct", deduct(1, "20")).status_code == 200
    assert shop.post("/credits/deduct", deduct(2, "10")).status_code == 201


def test_many_calls_of_one_key_at_once_stay_within_its_day(books: Flask) -> None:
    shop = program(books, limit_per_call_credits=Decimal(10), limit_per_day_credits=Decimal(50))
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: shop.post("/credits/deduct", deduct(n, "10")).status_code, range(1, 13)))
    assert sorted(answers) == [201] * 5 + [403] * 7


def test_an_allocation_is_granted_once_and_its_answer_is_the_same_to_the_byte(books: Flask, shop: Program) -> None:
    body = {"customer": ADA, "amount": "50", "source": "purchase", "paid_usd": "5"}
    first = shop.post("/credits/allocate", body, once="order 1")
    with unchanged(books):
        again = shop.post("/credits/allocate", body, once="order 1")
        other = shop.post("/credits/allocate", {**body, "amount": "51"}, once="order 1")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.data == first.data
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.get_json()["balance"] == "150.000000"
    assert shop.post("/credits/allocate", body, once="order 2").get_json()["balance"] == "200.000000"


def test_money_moves_only_with_an_idempotency_key(books: Flask, shop: Program) -> None:
    body = {"customer": ADA, "amount": "50", "source": "bonus"}
    with unchanged(books):
        for key_sent in (None, " ", "é", "x" * 256):
            assert shop.post("/credits/allocate", body, once=key_sent).status_code == 400
            assert shop.post("/credits/refund", body, once=key_sent).status_code == 400


def test_the_key_of_one_program_or_route_says_nothing_to_another(books: Flask, shop: Program) -> None:
    body = {"customer": ADA, "amount": "50", "source": "bonus"}
    assert shop.post("/credits/allocate", body, once="a").status_code == 201
    assert program(books).post("/credits/allocate", body, once="a").get_json()["balance"] == "200.000000"


def test_a_request_in_flight_is_409_and_nothing_happens_twice(books: Flask, shop: Program) -> None:
    body = {"customer": ADA, "amount": "50", "source": "bonus"}
    with in_flight(shop, "POST /api/v1/credits/allocate", "a"), unchanged(books):
        assert shop.post("/credits/allocate", body, once="a").status_code == 409
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: shop.post("/credits/allocate", body, once="a").status_code, range(10)))
    assert set(answers) <= {201, 409}
    assert 201 in answers
    assert shop.balance()["balance"] == "150.000000"


@contextmanager
def in_flight(shop: Program, route: str, once: str) -> Iterator[None]:
    sql = "select pg_advisory_xact_lock(hashtextextended(:name, 0))"
    with db.transaction() as session:
        session.execute(text(sql), {"name": f"{shop.key_id} {route} {once}"})
        yield


def test_a_refused_request_leaves_its_key_free_and_an_answer_is_forgotten_after_thirty_days(
    books: Flask, shop: Program
) -> None:
    body = {"customer": ADA, "amount": "50", "source": "bonus"}
    with unchanged(books):
        assert shop.post("/credits/allocate", {**body, "source": "theft"}, once="a").status_code == 422
    assert shop.post("/credits/allocate", body, once="a").status_code == 201
    later = datetime.now(UTC) + KEPT_FOR
    assert clear_old_records(now=later - timedelta(minutes=5)) == 0
    assert clear_old_records(now=later) == 1
    assert KEPT_FOR.days == 30


def test_a_refund_gives_back_what_a_request_took_in_parts_and_never_more(books: Flask, shop: Program) -> None:
    record_usage([world.usage(1)], simulated=True)
    body = {"customer": ADA, "request_id": request_id(1), "reason": "The answer never came"}
    part = shop.post("/credits/refund", {**body, "amount": "30"}, once="a")
    assert (part.status_code, part.get_json()["amount_left"]) == (201, "40.000000")
    with unchanged(books):
        assert shop.post("/credits/refund", {**body, "amount": "30"}, once="a").data == part.data
        assert shop.post("/credits/refund", {**body, "amount": "41"}, once="b").status_code == 409
    rest = shop.post("/credits/refund", body, once="b")
    assert (rest.get_json()["amount"], rest.get_json()["balance"]) == ("40.000000", "100.000000")
    with unchanged(books):
        assert shop.post("/credits/refund", body, once="c").status_code == 409
        assert shop.post("/credits/refund", {**body, "request_id": request_id(9)}, once="d").status_code == 404


def test_a_deduction_can_be_refunded_too(shop: Program) -> None:
    shop.post("/credits/deduct", deduct(1, "30"))
    body = {"customer": ADA, "request_id": request_id(1), "reason": "duplicate"}
    assert shop.post("/credits/refund", body, once="a").get_json()["balance"] == "100.000000"


def test_every_act_of_a_key_on_credits_has_one_line_in_the_audit_log(books: Flask, shop: Program) -> None:
    for _ in range(2):
        shop.post("/credits/deduct", deduct(1, "30", reason="For Ada's picture"))
        shop.post("/credits/allocate", {"customer": ADA, "amount": "5", "source": "bonus"}, once="a")
        refund = {"customer": ADA, "request_id": request_id(1), "reason": "Ada was not pleased"}
        shop.post("/credits/refund", refund, once="b")
    sql = "select verb, after::text, reason from audit_log where api_key_id = :key order by id".replace("::", r"\:\:")
    with db.snapshot() as connection:
        lines = connection.execute(text(sql), {"key": shop.key_id}).all()
    assert [line.verb for line in lines] == ["deduct_credits", "grant_credits", "reverse_entry"]
    assert "Ada" not in json.dumps([list(line) for line in lines])


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("deduct", {"amount": "0"}, {"amount"}),
        ("deduct", {"amount": None}, {"amount"}),
        ("deduct", {"amount": 0.1, "request_id": ""}, {"request_id"}),
        ("deduct", {"reason": "x" * 201}, {"reason"}),
        ("allocate", {"source": "theft"}, {"source"}),
        ("allocate", {"source": "bonus", "paid_usd": "-1"}, {"paid_usd"}),
        ("allocate", {"source": "bonus", "expires_at": "2020-01-01"}, {"expires_at"}),
        ("allocate", {"source": "bonus", "expires_at": "2020-01-01T00:00:00Z"}, {"expires_at"}),
        ("allocate", {"source": "bonus", "customer": "nobody@example.com"}, {"customer"}),
        ("refund", {"reason": None}, {"reason"}),
        ("refund", {"amount": "Infinity", "reason": "duplicate"}, {"amount"}),
    ],
)
def test_each_bad_field_is_named(
    still: Flask, caller: Program, path: str, body: dict[str, object], fields: set[str]
) -> None:
    whole: dict[str, object] = {"customer": ADA, "amount": "1"}
    if path != "allocate":
        whole["request_id"] = str(UUID(int=1))
    with unchanged(still):
        answer = caller.post(f"/credits/{path}", {**whole, **body}, once="a")
    assert answer.status_code == 422
    assert fields_of(answer) == fields


def test_each_route_asks_for_its_own_scope(books: Flask) -> None:
    secret, key_id = key(books, "credits:read")
    reader = Program(books, secret, key_id)
    assert reader.get(f"/credits/balance?customer={ADA}").status_code == 200
    assert reader.get("/credits/balance?customer=nobody").status_code == 404
    assert reader.get("/credits/balance").status_code == 422
    with unchanged(books):
        assert reader.post("/credits/deduct", {}).status_code == 403
        assert reader.post("/holds", {}).status_code == 403


def test_a_balance_says_what_of_it_was_given_and_when_the_allowance_comes_anew(books: Flask, shop: Program) -> None:
    with at(books, world.at(1)):
        allocate_period(world.START, world.at(1))
        sent = {**USED, "customer": ADA, "request_id": request_id(1), "request_started_at": utc_text(world.at(1))}
        assert shop.post("/usage", sent).status_code == 201
        found = shop.get(f"/credits/balance?customer={ADA}").get_json()
    # The allowance ends sooner than the bonus, so it paid the 70.
    assert {name: found[name] for name in ("tier", "allocated_monthly", "bonus_credits", "free_tier_used")} == {
        "tier": "free",
        "allocated_monthly": "2000.000000",
        "bonus_credits": "100.000000",
        "free_tier_used": "70.000000",
    }
    assert (found["period_start"], found["next_reset_at"], found["reset_date"]) == (
        "2026-06-16T00:00:00.000000Z",
        "2026-07-16T00:00:00.000000Z",
        "2026-07-16T00:00:00.000000Z",
    )


def test_what_a_key_did_is_chained_by_the_sealer_and_not_by_the_call(books: Flask, shop: Program) -> None:
    assert shop.post("/credits/deduct", deduct(1, 1)).status_code == 201
    with db.snapshot() as connection:
        assert state_of(connection).unsealed == 1
    now = datetime.now(UTC)
    assert seal_audit(now=now, everywhere=False) == 1
    with db.snapshot() as connection:
        assert verify(connection, exported=None, now=now + timedelta(minutes=2)).faults == []
