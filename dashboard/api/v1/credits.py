"""Credits: what a customer has, and what programs take, give and give back."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid5

from flask import Blueprint, Response, jsonify, request

from dashboard.access import current_actor, now, problem, requires
from dashboard.actions.answer_once import Kept
from dashboard.actions.deduct_credits import deduct_credits
from dashboard.actions.find_customer import open_customer
from dashboard.actions.grant_credits import Granted, grant_credits
from dashboard.actions.reverse_entry import ReversalWanted, Reversed, reverse_entry
from dashboard.api import amounts, bodies
from dashboard.api.idempotency import HEADER, once
from dashboard.api.refusals import answers
from dashboard.db import snapshot
from dashboard.engine.asking import read_deduct
from dashboard.engine.by_hand import GrantOrder
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.fields import shown
from dashboard.engine.giving import AllocationWanted, read_allocation, read_refund
from dashboard.engine.usage import utc_text
from dashboard.reports.holds import BalanceNow, balance_now, on_the_wire

bp = Blueprint("api_v1_credits", __name__)

REPLAYED, CREATED = 200, 201


@bp.get("/api/v1/credits/balance")
@requires(scope="credits:read")
@answers
def balance() -> Response:
    """What a customer has, what is held for requests under way, and what can be spent now."""
    customer = request.args.get("customer", "")
    if not customer:
        raise InvalidInputError({"customer": "is missing"})
    found = _found(customer)
    if found is None:
        return problem(404, f"No customer is known as {shown(customer)}. Nothing was changed.")
    return jsonify(on_the_wire(found, as_of=now()))


@bp.post("/api/v1/credits/deduct")
@requires(scope="credits:write")
@answers
def deduct() -> Response:
    """Take credits if they can be spent: 201, 200 for the same again; 402 with nothing written."""
    wanted = read_deduct(bodies.json_object(bodies.sent()))
    answer = deduct_credits(current_actor(), wanted, now=now())
    asked = answer.asked
    replayed = asked.outcome == "replayed"
    body = {
        "entry": f"{answer.user_id}-{asked.seq}",
        "customer": str(answer.user_id),
        "request_id": str(answer.request_id),
        "amount": amounts.credits(asked.credits),
        "balance": amounts.credits(asked.balance),
        "spendable": amounts.credits(asked.spendable),
        "posted_at": asked.at and utc_text(asked.at),
        "replayed": replayed,
    }
    taken = jsonify(body)
    taken.status_code = REPLAYED if replayed else CREATED
    return taken


@bp.post("/api/v1/credits/allocate")
@requires(scope="credits:write")
@answers
def allocate() -> Response:
    """Grant credits, once per Idempotency-Key."""
    return once(_allocate)


@bp.post("/api/v1/credits/refund")
@requires(scope="credits:write")
@answers
def refund() -> Response:
    """Give credits of a request back, in full or in part, once per Idempotency-Key."""
    return once(_refund)


def _allocate(raw: Mapping[str, object]) -> Kept:
    wanted = read_allocation(raw)
    user_id = open_customer(wanted.customer)
    made = grant_credits(current_actor(), _order(user_id, wanted), now=now())
    if not isinstance(made, Granted):
        raise RuleBrokenError("A key grants within its limits or not at all. Nothing was changed.")
    return _kept(
        made.seq,
        user_id,
        made.credits,
        made.balance,
        made.created_at,
        {"source": wanted.source, "grant": str(made.grant_id)},
    )


def _refund(raw: Mapping[str, object]) -> Kept:
    wanted = read_refund(raw)
    user_id = open_customer(wanted.customer)
    asked = ReversalWanted(user_id, wanted.cause, request_id=wanted.request_id, credits=wanted.amount, note=wanted.note)
    done = reverse_entry(current_actor(), asked, now=now())
    if not isinstance(done, Reversed):
        raise RuleBrokenError("A key gives back within its limits or not at all. Nothing was changed.")
    more = {
        "request_id": str(wanted.request_id),
        "reverses": f"{user_id}-{done.reverses_seq}",
        "amount_left": amounts.credits(done.credits_left),
        "restored": done.restored,
    }
    return _kept(done.seq, user_id, done.credits, done.balance, done.created_at, more)


def _order(user_id: UUID, wanted: AllocationWanted) -> GrantOrder:
    """The grant; its id follows from the Idempotency-Key, so that even a forgotten key grants nothing twice."""
    key_id = current_actor().api_key_id or UUID(int=0)
    return GrantOrder(
        user_id=user_id,
        grant_id=uuid5(uuid5(key_id, "allocate"), request.headers[HEADER].strip()),
        credits=wanted.amount,
        cause="contract" if wanted.source == "purchase" else "goodwill",
        source=wanted.source,
        paid_usd=wanted.paid_usd,
        expires_at=wanted.expires_at,
    )


def _kept(
    seq: int, user_id: UUID, credits: Decimal, balance: Decimal, posted_at: datetime, more: Mapping[str, object]
) -> Kept:
    body = {
        "entry": f"{user_id}-{seq}",
        "customer": str(user_id),
        "amount": amounts.credits(credits),
        "balance": amounts.credits(balance),
        "posted_at": utc_text(posted_at),
        **more,
    }
    return Kept(CREATED, json.dumps(body))


def _found(customer: str) -> BalanceNow | None:
    with snapshot() as connection:
        rows = balance_now.all(connection, customer=customer.strip().lower(), now=now())
    return rows[0] if rows else None
