"""Requests that wait at the same moment are charged in one statement, and each hears what it would have heard alone."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError
from werkzeug.test import TestResponse

from dashboard import db
from dashboard.actions.charge_request import GATHERING
from dashboard.actions.charge_together import Gathering, Given, alone, as_batch, together
from dashboard.actions.record_usage import as_row
from dashboard.actions.revoke_api_key import revoke_api_key
from dashboard.embedded import Urls
from dashboard.engine.actors import SHELL
from dashboard.engine.receipts import Receipt
from dashboard.engine.usage import Window, read_usage
from dashboard.reports.checks import broken
from dashboard.store.charging import charge_one, charge_together
from tests.api.reporting import Gateway, event
from tests.cast import at, key
from tests.conftest import owned
from tests.shop import NOW, OPENED, open_shop

PATIENCE_SECONDS = 10
CUSTOMERS = ("ada", "bea", "cleo", "dora")


@pytest.fixture(scope="module")
def gateway(app: Flask) -> Iterator[Gateway]:
    open_shop(app, requests=8)
    with at(app, NOW):
        yield Gateway(app, key(app, "usage:write")[0])


@pytest.fixture
def batches(gateway: Gateway) -> Iterator[list[int]]:
    """How many went together each time; who waits is patient, so that all of them do."""
    sizes: list[int] = []

    def noted(given: Sequence[Given]) -> list[Receipt]:
        sizes.append(len(given))
        return together(given)

    gateway.app.extensions[GATHERING] = Gathering(alone, noted, timedelta(seconds=PATIENCE_SECONDS))
    yield sizes
    del gateway.app.extensions[GATHERING]


@contextmanager
def held(owner: Connection, customer: str) -> Iterator[None]:
    """Hold a customer's balance, as another charge would."""
    sql = """
        select from user_credit_balance
        where user_id = (select user_id from unique_key where value = :email) for no key update
    """
    with owner.execution_options(isolation_level="READ COMMITTED").begin():
        owner.execute(text(sql), {"email": f"{customer}@example.com"})
        yield


def all_at_once(
    gateway: Gateway, database: Urls, sent: Sequence[object], ask: Callable[[object], TestResponse] | None = None
) -> list[TestResponse]:
    """Post while Dora is held and one charge of hers waits for her, so that all of these go together."""
    ask = ask or gateway.post
    waiting: Gathering = gateway.app.extensions[GATHERING]
    with ThreadPoolExecutor(len(sent) + 1) as pool:
        with owned(database) as owner, held(owner, "dora"):
            first = pool.submit(gateway.post, event())
            until(lambda: waiting._running == 1)
            asked = []
            for body in sent:
                asked.append(pool.submit(ask, body))
                until(wait_in(waiting, len(asked)))
        assert first.result(PATIENCE_SECONDS).status_code == 201
        return [one.result(PATIENCE_SECONDS) for one in asked]


def wait_in(gathering: Gathering, count: int) -> Callable[[], bool]:
    return lambda: gathering.waiting == count


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_each_of_a_batch_hears_what_it_would_have_heard_alone(
    gateway: Gateway, database: Urls, batches: list[int]
) -> None:
    known, other = event(customer="bea@example.com"), event(customer="cleo@example.com")
    assert [gateway.post(body).status_code for body in (known, other)] == [201, 201]
    twice = event(customer="bea@example.com")
    sent = [
        event(customer="bea@example.com"),
        known,
        {**other, "output_tokens": 1},
        event(customer="nobody@example.com"),
        event(provider="nobody"),
        event(customer="ada@example.com", output_tokens=10_000_000),
        event(customer="cleo@example.com", model="unheard-of"),
        event(customer="cleo@example.com", key_mode="own"),
        twice,
        twice,
    ]
    answers = all_at_once(gateway, database, sent)
    assert batches == [len(sent)]
    assert [answer.status_code for answer in answers] == [201, 200, 409, 422, 422, 201, 201, 201, 201, 200]
    assert [answer.get_json().get("replayed") for answer in answers[-2:]] == [False, True]
    assert Decimal(answers[5].get_json()["credits_uncovered"]) > 0
    assert answers[6].get_json()["vendor_cost_usd"] is None
    assert answers[0].get_json()["draws"] != []
    assert "kept to be repaired" in answers[3].get_json()["detail"]


def test_a_key_revoked_meanwhile_charges_nothing_and_the_others_are_charged(
    gateway: Gateway, database: Urls, batches: list[int]
) -> None:
    secret, api_key_id = key(gateway.app, "usage:write")
    leaving = Gateway(gateway.app, secret)
    assert leaving.post(event(customer="bea@example.com")).status_code == 201
    with gateway.app.app_context():
        revoke_api_key(SHELL, api_key_id, now=NOW)
    sent = [event(customer="bea@example.com") for _ in range(3)]
    answers = all_at_once(gateway, database, sent, lambda body: (leaving if body is sent[1] else gateway).post(body))
    assert batches == [3]
    assert [answer.status_code for answer in answers] == [201, 401, 201]
    assert gateway.post(sent[1]).status_code == 201


def test_an_event_the_books_refuse_spoils_no_other(
    gateway: Gateway, database: Urls, owner: Connection, batches: list[int]
) -> None:
    customers = ("bea", "ada", "cleo")
    sent = [event(customer=f"{name}@example.com", model=f"model of {name}") for name in customers]
    law = "check (model_id <> 'model of ada') not valid"
    owner.execute(text(f"alter table token_usage_ledger add constraint refuses_one {law}"))
    with gateway.app.app_context(), pytest.raises(IntegrityError):
        together([given(body) for body in sent])
    answers = all_at_once(gateway, database, sent)
    owner.execute(text("alter table token_usage_ledger drop constraint refuses_one"))
    assert batches == [3]
    assert [answer.status_code for answer in answers] == [201, 409, 201]


def test_who_is_held_by_another_transaction_keeps_nobody_waiting(gateway: Gateway, database: Urls) -> None:
    sent = [event(customer=f"{name}@example.com") for name in ("dora", "bea")]
    with gateway.app.app_context(), owned(database) as owner, held(owner, "dora"):
        receipts = together([given(body) for body in sent])
    assert [receipt.outcome for receipt in receipts] == ["busy", "charged"]
    with gateway.app.app_context():
        assert [receipt.outcome for receipt in together([given(body) for body in sent])] == ["charged", "replayed"]


@pytest.fixture
def capped_and_erased(owner: Connection) -> Iterator[None]:
    """Bea is beyond her own cap, and Cleo is erased."""
    changes = {"bea": "monthly_cap_credits = 50", "cleo": "status = 'deleted'"}
    back = {"bea": "monthly_cap_credits = null", "cleo": "status = 'active'"}
    for each in (changes, back):
        for name, change in each.items():
            owner.execute(text(f"update users set {change} where email = :email"), {"email": f"{name}@example.com"})
        if each is changes:
            yield


@pytest.mark.usefixtures("capped_and_erased")
@pytest.mark.parametrize("seed", range(5))
def test_receipts_of_any_mix_are_those_of_single_charges(gateway: Gateway, seed: int) -> None:
    chance = Random(seed)
    mix = [any_event(chance) for _ in range(12)]
    # The same again, and the same with another body.
    mix += chance.sample(mix, 3)
    mix += [{**chance.choice(mix), "output_tokens": 3} for _ in range(2)]
    asked = [given(body) for body in mix]
    with gateway.app.app_context():
        with db.transaction() as session:
            singly = [charge_one.one(session.connection(), **one) for one in asked]
            session.rollback()
        with db.transaction() as session:
            at_once = charge_together.all(session.connection(), **as_batch(asked))
            session.rollback()
    for body, one, other in zip(mix, singly, at_once, strict=True):
        if body["customer"] == "nobody@example.com":
            assert (one.outcome, other.outcome) == ("unknown_customer", "busy")
        else:
            assert replace(one, posted_at=NOW) == replace(other, posted_at=NOW)


def test_thirty_two_threads_at_four_customers_charge_each_request_once(gateway: Gateway, database: Urls) -> None:
    chance = Random(32)
    sent = [event(customer=f"{chance.choice(CUSTOMERS)}@example.com") for _ in range(120)]
    twice = [*sent, *chance.sample(sent, 40)]
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(gateway.post, twice))
    assert sorted(answer.status_code for answer in answers) == [200] * 40 + [201] * 120
    with owned(database) as owner:
        assert broken(owner) == {}


def any_event(chance: Random) -> dict[str, object]:
    customer = chance.choice((*CUSTOMERS, "nobody"))
    changes: dict[str, object] = {
        "customer": f"{customer}@example.com",
        "model": chance.choice(("gpt-4o", "gpt-4o", "unheard-of")),
        "provider": chance.choice(("openai", "openai", "openai", "nobody")),
        "status": chance.choice(("success", "success", "failed")),
        "output_tokens": chance.choice((0, 500, 2_000, 4_000_000)),
    }
    if chance.random() < 0.2:
        changes["key_mode"] = "own"
    return event(**changes)


def given(body: dict[str, object]) -> Given:
    read = read_usage(dict(body), Window(OPENED, NOW))
    row = {**as_row(read), "customer": read.customer, "provider": read.provider}
    return {"event": json.dumps(row), "api_key_id": None, "now": NOW}
