"""Buying a pack through Stripe's page: the price is the server's, the customer's own words buy nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from dashboard.actions.add_customers import add_customers
from dashboard.actions.open_checkout import CheckoutWanted, StripeFailedError, session_of
from dashboard.engine.actors import SHELL
from dashboard.engine.customers import NewCustomer
from tests.cast import key
from tests.unchanged import unchanged
from tests.webhooks import SECRET, deliver, event

PATH = "/api/v1/billing/checkout"
NOW = datetime.now(UTC)
ADA = NewCustomer("ada@example.com", "Ada Byron", "free", "monthly", NOW, 1)


@pytest.fixture(scope="module")
def secret(app: Flask) -> str:
    with app.app_context():
        add_customers([ADA], actor=SHELL, now=NOW)
    return key(app, "credits:write", "credits:read")[0]


@pytest.fixture
def opened(app: Flask) -> Iterator[list[CheckoutWanted]]:
    """Stripe is set up; what it was asked for."""
    asked: list[CheckoutWanted] = []
    before = app.config["LEDGERLINE"]
    app.config["LEDGERLINE"] = replace(before, frontend_url="https://app.example.com/", stripe_webhook_secret=SECRET)

    def opens(wanted: CheckoutWanted) -> str:
        asked.append(wanted)
        return "https://pay.example.com/1"

    app.config["CHECKOUT"] = opens
    yield asked
    app.config["LEDGERLINE"], app.config["CHECKOUT"] = before, None


def buys(app: Flask, secret: str, once: str, **said: object) -> TestResponse:
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": once}
    return app.test_client().post(PATH, json={"customer": ADA.email, "package": "starter", **said}, headers=headers)


def test_the_packs_on_sale_can_be_read(app: Flask, secret: str) -> None:
    headers = {"Authorization": f"Bearer {secret}"}
    on_sale = app.test_client().get("/api/v1/billing/packages", headers=headers).get_json()["packages"]
    assert on_sale[0] == {"package": "starter", "title": "Starter", "credits": "10000.000000", "price_usd": "10.00"}


def test_a_page_is_opened_for_the_price_of_the_server_and_its_payment_is_granted(
    app: Flask, secret: str, opened: list[CheckoutWanted]
) -> None:
    first, again = buys(app, secret, "one"), buys(app, secret, "one")
    assert (first.status_code, again.get_json()) == (201, first.get_json())
    assert first.get_json()["checkout_url"] == "https://pay.example.com/1"
    assert [wanted.due_usd for wanted in opened] == [Decimal(10), Decimal(10)]
    asked = session_of(opened[0])
    assert asked["payment_intent_data"]["metadata"] == asked["metadata"]
    assert asked["line_items"][0]["price_data"]["unit_amount"] == 1_000
    assert asked["success_url"].startswith("https://app.example.com/billing/success?")
    paid = {"id": "pi_1", "amount_received": 1_000, "currency": "usd", "metadata": asked["metadata"]}
    told = deliver(app.test_client(), event("payment_intent.succeeded", paid)).get_json()
    assert told["outcome"] == "$10.00 paid, 10,000 credits granted"


def test_who_names_a_price_or_credits_of_their_own_is_refused(
    app: Flask, secret: str, opened: list[CheckoutWanted]
) -> None:
    with unchanged(app):
        assert buys(app, secret, "two", price_usd="0.01").status_code == 422
        assert buys(app, secret, "two", credits="1000000").status_code == 422
        assert buys(app, secret, "two", package="huge").status_code == 409
    assert opened == []


def test_when_stripe_fails_the_invoice_waits_and_the_same_request_goes_on(
    app: Flask, secret: str, opened: list[CheckoutWanted]
) -> None:
    def fails(_: CheckoutWanted) -> str:
        raise StripeFailedError("Stripe did not open its page.")

    works, app.config["CHECKOUT"] = app.config["CHECKOUT"], fails
    assert buys(app, secret, "three").status_code == 503
    app.config["CHECKOUT"] = works
    assert buys(app, secret, "three").get_json()["checkout_url"]


def test_without_stripe_nothing_is_bought_and_it_is_said(app: Flask, secret: str) -> None:
    with unchanged(app):
        answer = buys(app, secret, "four")
    assert answer.status_code == 404
    assert "STRIPE_SECRET_KEY and FRONTEND_URL are needed" in answer.get_json()["detail"]
