"""Stripe's webhook: whatever the order and however often, a payment is granted once and taken back once."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from dashboard import db
from dashboard.actions.buy_pack import buy_pack
from dashboard.engine.actors import SHELL
from dashboard.reports.checks import broken
from tests.unchanged import unchanged
from tests.webhooks import CREDITS, PATH, SECRET, Sale, deliver, deliveries, event, sales, signature

SEEDS = range(3)


@pytest.fixture
def stripe_app(app: Flask) -> Iterator[Flask]:
    """The app of a company that has set Stripe up; whatever happened, the books hold."""
    before = app.config["LEDGERLINE"]
    app.config["LEDGERLINE"] = replace(before, stripe_webhook_secret=SECRET)
    with app.app_context():
        yield app
        with db.snapshot() as connection:
            assert {law: found for law, found in broken(connection).items() if law != "audit_chain_unbroken"} == {}
    app.config["LEDGERLINE"] = before


@pytest.fixture
def client(stripe_app: Flask) -> FlaskClient:
    return stripe_app.test_client()


def one(sql: str, **named: object) -> Any:
    with db.snapshot() as connection:
        return connection.execute(text(sql), named).scalar_one()


def credits_of(sale: Sale) -> Decimal:
    return Decimal(one("select amount from user_credit_balance where user_id = :u", u=sale.bought.user_id))


def assert_settled(sale: Sale) -> None:
    user = sale.bought.user_id
    assert credits_of(sale) == sale.credits_left()
    assert one("select count(*) from user_credit_source where user_id = :u and source = 'purchase'", u=user) == 1
    assert one("select refunded_usd from billing_invoice where user_id = :u", u=user) == sale.back_usd()


@pytest.mark.parametrize("seed", SEEDS)
def test_deliveries_in_any_order_and_number_grant_and_take_back_exactly(client: FlaskClient, seed: int) -> None:
    chance = Random(seed)
    sold = sales(chance, 5)
    for told in deliveries(chance, sold, 60):
        assert deliver(client, told).status_code == 200
    for sale in sold:
        assert_settled(sale)


def test_deliveries_at_the_same_time_grant_once(stripe_app: Flask) -> None:
    chance = Random(9)
    sold = sales(chance, 2)

    def send(told: dict[str, Any]) -> int:
        return deliver(stripe_app.test_client(), told).status_code

    with ThreadPoolExecutor(4) as senders:
        assert set(senders.map(send, list(deliveries(chance, sold, 30)))) == {200}
    for sale in sold:
        assert_settled(sale)


def test_a_refund_that_is_told_before_its_payment_waits_for_it(client: FlaskClient) -> None:
    sale = _of_starter(sales(Random(1), 1)[0])
    _, paid, _, refunded = replace(sale, refunds=(250,)).events()
    assert deliver(client, refunded).get_json()["state"] == "waiting"
    assert credits_of(sale) == 0
    assert deliver(client, paid).get_json()["state"] == "handled"
    assert credits_of(sale) == 7_500
    assert deliver(client, refunded).get_json()["state"] == "seen"
    assert credits_of(sale) == 7_500


def test_a_dispute_after_a_refund_takes_back_only_the_rest(client: FlaskClient) -> None:
    sale = _of_starter(sales(Random(1), 1)[0])
    first, _, _, refund, dispute, withdrawn = replace(sale, refunds=(400,), dispute=1_000).events()
    for told in (first, refund, dispute, withdrawn, refund):
        assert deliver(client, told).status_code == 200
    assert credits_of(sale) == 0
    assert one("select sum(amount_usd) from subscription_refund where user_id = :u", u=sale.bought.user_id) == 10


def test_two_payments_of_one_invoice_lose_no_money_and_grant_once(client: FlaskClient) -> None:
    sale = _of_starter(sales(Random(1), 1)[0])
    for twin in (sale, replace(sale, payment=f"{sale.payment}_again")):
        assert deliver(client, twin.events()[0]).get_json()["state"] == "handled"
    assert credits_of(sale) == CREDITS["starter"]
    assert one("select sum(amount_usd) from account_credit where user_id = :u", u=sale.bought.user_id) == 10


def test_too_little_money_is_kept_and_grants_nothing(client: FlaskClient) -> None:
    sale = _of_starter(sales(Random(1), 1)[0])
    told = sale.events()[0]
    told["data"]["object"]["amount_total"] = 100
    assert "kept as account credit" in deliver(client, told).get_json()["outcome"]
    assert credits_of(sale) == 0


def test_events_of_no_concern_are_acknowledged(client: FlaskClient) -> None:
    for kind in ("customer.created", "invoice.paid", "brand.new.thing"):
        assert deliver(client, event(kind, {"id": "x"})).get_json()["state"] == "ignored"
    unpaid = event("checkout.session.completed", {"id": "cs", "payment_intent": "pi_1", "payment_status": "unpaid"})
    assert deliver(client, unpaid).get_json()["state"] == "ignored"


def test_money_that_belongs_to_nothing_is_kept_in_sight(client: FlaskClient) -> None:
    stray = {"id": "pi_stray", "amount_received": 500, "currency": "usd", "metadata": {}}
    assert deliver(client, event("payment_intent.succeeded", stray)).get_json()["state"] == "unmatched"
    euros = {**stray, "id": "pi_euros", "currency": "eur"}
    assert deliver(client, event("payment_intent.succeeded", euros)).get_json()["state"] == "unmatched"


def test_forged_stale_and_re_serialised_bodies_are_refused(client: FlaskClient, stripe_app: Flask) -> None:
    sale = sales(Random(2), 1)[0]
    body = json.dumps(sale.events()[0], indent=2)
    again = json.dumps(json.loads(body))
    refused = {
        "forged": (body, signature(body, secret="whsec_another")),
        "stale": (body, signature(body, seconds_old=400)),
        "written anew": (again, signature(body)),
        "altered": (body.replace("usd", "eur"), signature(body)),
        "no signature": (body, "t=1"),
        "nonsense": (body, "v1=,,,"),
    }
    with unchanged(stripe_app):
        for sent, header in refused.values():
            response = client.post(PATH, data=sent, headers={"Stripe-Signature": header})
            assert (response.status_code, response.content_type) == (400, "application/problem+json")
            assert b"Nothing was changed" in response.data
        assert client.post(PATH, data=body).status_code == 400
        for signed in (
            "[]",
            "7",
            "{}",
            "not json",
            '{"id": "e", "type": "payment_intent.succeeded", "created": 1}',
            "[" * 9_000,
        ):
            response = client.post(PATH, data=signed, headers={"Stripe-Signature": signature(signed)})
            assert response.status_code == 400, signed[:20]
    assert client.post(PATH, data=body, headers={"Stripe-Signature": signature(body)}).status_code == 200


def test_without_stripe_the_webhook_says_so(app: Flask) -> None:
    with unchanged(app):
        response = app.test_client().post(PATH, data="{}", headers={"Stripe-Signature": signature("{}")})
    assert response.status_code == 404
    assert b"STRIPE_WEBHOOK_SECRET is not set" in response.data


def _of_starter(sale: Sale) -> Sale:
    """The same customer, with the pack whose numbers are easy to follow."""
    bought = buy_pack(SHELL, sale.bought.user_id, "starter", purchase_id=uuid4(), now=datetime.now(UTC))
    return replace(sale, bought=bought, pack="starter", refunds=(), dispute=0)
