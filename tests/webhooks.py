"""Stripe, as the tests know it: the events of packs bought, given back and disputed, signed, in any order."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

import stripe
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.actions.add_customers import add_customers
from dashboard.actions.buy_pack import Bought, buy_pack
from dashboard.engine.actors import SHELL
from dashboard.engine.customers import NewCustomer

SECRET = "whsec_only_for_tests"
PATH = "/api/v1/billing/webhook"
PRICE = {"starter": 1_000, "standard": 4_500, "pro": 8_000}
CREDITS = {"starter": 10_000, "standard": 50_000, "pro": 100_000}


@dataclass(frozen=True, slots=True)
class Sale:
    """A pack, and what will become of its money, in cents: refunds in their totals so far, and a dispute."""

    bought: Bought
    pack: str
    payment: str
    refunds: tuple[int, ...] = ()
    dispute: int = 0

    def back_usd(self) -> Decimal:
        """What goes back in the end, however it was told: never more than was paid."""
        return Decimal(min(max(self.refunds, default=0) + self.dispute, PRICE[self.pack])).scaleb(-2)

    def credits_left(self) -> Decimal:
        """What is left of its credits, if none was used."""
        return CREDITS[self.pack] - CREDITS[self.pack] * self.back_usd() * 100 / PRICE[self.pack]

    def events(self) -> list[dict[str, Any]]:
        """Two events tell of the one payment; a refund is told with its total, a dispute twice."""
        cents = PRICE[self.pack]
        named = {"customer": str(self.bought.user_id), "invoice": str(self.bought.invoice_id)}
        common = {"currency": "usd", "metadata": named}
        told = [
            event(
                "checkout.session.completed",
                {
                    "id": "cs_1",
                    "payment_intent": self.payment,
                    "payment_status": "paid",
                    "amount_total": cents,
                    **common,
                },
            ),
            event("payment_intent.succeeded", {"id": self.payment, "amount_received": cents, **common}),
            event("payment_intent.created", {"id": self.payment, "amount": cents, **common}),
            *(
                event(
                    "charge.refunded",
                    {"id": "ch_1", "payment_intent": self.payment, "amount_refunded": total, "currency": "usd"},
                )
                for total in self.refunds
            ),
        ]
        if self.dispute:
            disputed = {
                "id": f"dp_{self.payment}",
                "payment_intent": self.payment,
                "amount": self.dispute,
                "currency": "usd",
            }
            told += [event("charge.dispute.created", disputed), event("charge.dispute.funds_withdrawn", disputed)]
        return told


def event(kind: str, thing: dict[str, Any]) -> dict[str, Any]:
    """An event as Stripe sends it."""
    return {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "type": kind,
        "created": int(datetime.now(UTC).timestamp()),
        "data": {"object": thing},
    }


def signature(body: str, *, secret: str = SECRET, seconds_old: int = 0) -> str:
    """The header Stripe sends with a body."""
    at = int(datetime.now(UTC).timestamp()) - seconds_old
    return str(stripe.WebhookSignature.generate_signature_header(body, secret, at))


def deliver(client: FlaskClient, told: dict[str, Any]) -> TestResponse:
    """Send an event, signed."""
    body = json.dumps(told, indent=2)
    return client.post(PATH, data=body, content_type="application/json", headers={"Stripe-Signature": signature(body)})


def sales(chance: Random, number: int) -> list[Sale]:
    """Packs bought and not paid yet, each by a customer of its own, with a fate."""
    now = datetime.now(UTC)
    customers = [NewCustomer(f"{uuid4()}@example.com", "Ada", "free", "monthly", now, 1) for _ in range(number)]
    add_customers(customers, actor=SHELL, now=now)
    return [_sale(chance, customer.user_id) for customer in customers]


def deliveries(chance: Random, sold: list[Sale], number: int) -> Iterator[dict[str, Any]]:
    """Every event at least once, others again, in any order."""
    told = [one for sale in sold for one in sale.events()]
    again = [chance.choice(told) for _ in range(max(0, number - len(told)))]
    mixed = [*told, *again]
    chance.shuffle(mixed)
    yield from mixed


def _sale(chance: Random, user_id: UUID) -> Sale:
    pack = chance.choice(list(PRICE))
    cents = PRICE[pack]
    refunds, dispute = chance.choice(
        [
            ((), 0),
            ((cents // 4, cents // 2), 0),
            ((cents // 10, cents), 0),
            ((), cents),
            ((cents // 2,), cents),
            ((cents // 4,), cents // 2),
        ]
    )
    bought = buy_pack(SHELL, user_id, pack, purchase_id=uuid4(), now=datetime.now(UTC))
    return Sale(bought, pack, f"pi_{uuid4().hex}", refunds, dispute)
