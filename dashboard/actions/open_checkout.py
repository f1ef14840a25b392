"""Open Stripe's page on which a customer pays an invoice; the price is the invoice's, and the webhook books it."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import stripe
from stripe.params.checkout import SessionCreateParams, SessionCreateParamsLineItemPriceData

from dashboard.engine.errors import RuleBrokenError

TRIES = 2


@dataclass(frozen=True, slots=True)
class CheckoutWanted:
    """What is to be paid, for what and where the customer comes back to."""

    user_id: UUID
    invoice_id: UUID
    title: str
    due_usd: Decimal
    frontend_url: str


class StripeFailedError(RuleBrokenError):
    """Stripe did not answer, or said no; the invoice waits."""


OpenCheckout = Callable[[CheckoutWanted], str]


def checkout_at_stripe(secret_key: str) -> OpenCheckout:
    """Return what opens a page at Stripe; the same invoice again opens the same page."""
    client = stripe.StripeClient(secret_key, max_network_retries=TRIES)

    def opened(wanted: CheckoutWanted) -> str:
        try:
            session = client.v1.checkout.sessions.create(
                session_of(wanted), {"idempotency_key": f"checkout-{wanted.invoice_id}"}
            )
        except stripe.StripeError as error:
            raise StripeFailedError(
                "Stripe did not open its page. Nothing was charged; the invoice waits, so send this again."
            ) from error
        return str(session.url)

    return opened


def session_of(wanted: CheckoutWanted) -> SessionCreateParams:
    """What Stripe is asked for; session and payment both name the customer and the invoice by id."""
    named = {"customer": str(wanted.user_id), "invoice": str(wanted.invoice_id)}
    price: SessionCreateParamsLineItemPriceData = {
        "currency": "usd",
        "unit_amount": int(wanted.due_usd.scaleb(2)),
        "product_data": {"name": wanted.title},
    }
    back = wanted.frontend_url.rstrip("/")
    return {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": price}],
        "metadata": named,
        "payment_intent_data": {"metadata": named},
        "success_url": f"{back}/billing/success?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{back}/billing",
    }
