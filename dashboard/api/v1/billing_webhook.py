"""Stripe's webhook: believed by its signature over the raw body, and acknowledged in every order."""

import json

import stripe
from flask import Blueprint, Response, current_app, jsonify, request

from dashboard.access import now, problem, signed
from dashboard.actions.receive_stripe_event import receive_stripe_event
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.stripe_events import StripeEvent, read_event

bp = Blueprint("api_v1_billing_webhook", __name__)

MOST_BYTES = 256 * 2**10
TOLERANCE_SECONDS = 300
NOT_SIGNED = "The signature does not fit this body, or it is older than 5 minutes. Nothing was changed."
NOT_SET_UP = (
    "Stripe is not set up here: STRIPE_WEBHOOK_SECRET is not set. Payments are recorded by hand. Nothing was changed."
)


@bp.post("/api/v1/billing/webhook")
@signed
def receive() -> Response:
    """Take an event: 200 once it is kept, whatever it is; 400 when it is not Stripe's, or too old."""
    if "Stripe-Signature" not in request.headers:
        return problem(400, "There is no header Stripe-Signature. Nothing was changed.")
    secret = current_app.config["LEDGERLINE"].stripe_webhook_secret
    if secret is None:
        return problem(404, NOT_SET_UP)
    if (request.content_length or 0) > MOST_BYTES:
        return problem(413, "An event is at most 256 KiB. Nothing was changed.")
    try:
        event = _event(request.get_data(), request.headers["Stripe-Signature"], secret)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return problem(400, NOT_SIGNED)
    except (InvalidInputError, ValueError, RecursionError):
        return problem(400, "The body is signed, but it is no event of Stripe's. Nothing was changed.")
    received = receive_stripe_event(event, now=now())
    return jsonify({"received": True, "state": received.state, "outcome": received.outcome})


def _event(body: bytes, signature: str, secret: str) -> StripeEvent:
    stripe.WebhookSignature.verify_header(body.decode(), signature, secret, TOLERANCE_SECONDS)
    return read_event(json.loads(body, parse_float=str))
