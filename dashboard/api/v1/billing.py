"""Packs of credits for programs: what is on sale, and a page of Stripe's to pay for one."""

import json
from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID, uuid5

from flask import Blueprint, Response, current_app, jsonify, request

from dashboard.access import current_actor, now, problem, requires
from dashboard.actions.answer_once import Kept
from dashboard.actions.buy_pack import buy_pack
from dashboard.actions.find_customer import open_customer
from dashboard.actions.open_checkout import CheckoutWanted, OpenCheckout, StripeFailedError, checkout_at_stripe
from dashboard.api import amounts
from dashboard.api.idempotency import HEADER, once
from dashboard.api.refusals import answers
from dashboard.db import snapshot
from dashboard.engine import fields
from dashboard.engine.asking import customer, given_for
from dashboard.engine.money import fixed
from dashboard.reports.billing.invoice_lists import packs

bp = Blueprint("api_v1_billing", __name__)

CREATED = 201
CHECKOUT_FIELDS = frozenset({"customer", "package"})
NOT_SET_UP = (
    "Stripe is not set up here: STRIPE_SECRET_KEY and FRONTEND_URL are needed. A pack can be sold by hand under "
    "Billing, Credit packs. Nothing was changed."
)


@bp.get("/api/v1/billing/packages")
@requires(scope="credits:read")
@answers
def packages() -> Response:
    """What is on sale; price and credits are the server's."""
    with snapshot() as connection:
        on_sale = [pack for pack in packs.all(connection, now=now()) if pack.is_active]
    return jsonify(
        packages=[
            {
                "package": pack.code,
                "title": pack.title,
                "credits": amounts.credits(pack.credits),
                "price_usd": fixed(pack.price_usd, 2),
            }
            for pack in on_sale
        ]
    )


@bp.post("/api/v1/billing/checkout")
@requires(scope="credits:write")
@answers
def checkout() -> Response:
    """Raise the invoice of a pack, once per Idempotency-Key, and open Stripe's page to pay it."""
    opens, frontend_url = _stripe()
    if opens is None or frontend_url is None:
        return problem(404, NOT_SET_UP)
    bought = once(_buy)
    body = bought.get_json()
    if Decimal(body["due_usd"]) == 0:
        return bought
    wanted = CheckoutWanted(
        UUID(body["customer"]), UUID(body["invoice"]), body["title"], Decimal(body["due_usd"]), frontend_url
    )
    try:
        address = opens(wanted)
    except StripeFailedError as error:
        return problem(503, str(error))
    answer = jsonify({**body, "checkout_url": address})
    answer.status_code = bought.status_code
    return answer


def _buy(raw: Mapping[str, object]) -> Kept:
    given = given_for(raw, CHECKOUT_FIELDS)
    name = given.read(raw, "customer", customer, "")
    code = given.read(raw, "package", fields.text, "")
    given.refuse_if_any()
    user_id, key_id = open_customer(name), current_actor().api_key_id or UUID(int=0)
    purchase_id = uuid5(uuid5(key_id, "checkout"), request.headers[HEADER].strip())
    bought = buy_pack(current_actor(), user_id, code, purchase_id=purchase_id, now=now())
    body = {
        "purchase": str(bought.purchase_id),
        "invoice": str(bought.invoice_id),
        "customer": str(user_id),
        "package": code,
        "title": f"Credit pack {bought.pack_title}",
        "credits": amounts.credits(bought.credits),
        "due_usd": fixed(bought.due_usd, 2),
    }
    return Kept(CREATED, json.dumps(body))


def _stripe() -> tuple[OpenCheckout | None, str | None]:
    """What opens a page at Stripe, if it is set up; tests bring their own."""
    settings = current_app.config["LEDGERLINE"]
    own = current_app.config.get("CHECKOUT")
    if own is None and settings.stripe_secret_key is not None:
        own = checkout_at_stripe(settings.stripe_secret_key)
    return own, settings.frontend_url
