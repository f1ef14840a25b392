"""Stripe's deliveries, duplicated and reordered, from many sides at once: exact grants, nothing taken back twice."""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from typing import Any

from benchmarks.scratch import Scratch
from dashboard import db
from dashboard.reports.checks import broken
from tests.webhooks import PATH, SECRET, Sale, deliver, deliveries, sales, signature

CLIENTS = 4
DELIVERIES_PER_SALE = 15
FORGED_EVERY = 20

GRANTS = """
    select count(*), coalesce(sum(remaining), 0) from user_credit_source where user_id = %s and source = 'purchase'
"""
REFUNDED = "select coalesce(sum(amount_usd), 0) from subscription_refund where user_id = %s"


def webhooks(own: Scratch, seed: int, number: int) -> list[str]:
    """Deliver `number` events of packs bought, given back and disputed; then count."""
    own.app.config["LEDGERLINE"] = replace(own.settings, stripe_webhook_secret=SECRET)
    own.app.config["TESTING"] = True
    chance = Random(seed)
    with own.app.app_context():
        sold = sales(chance, max(1, number // DELIVERIES_PER_SALE))
    told = list(deliveries(chance, sold, number))
    started = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as clients:
        answered = Counter(clients.map(lambda one: _send(own, *one), enumerate(told)))
    seconds = time.monotonic() - started
    print(f"  {len(told)} deliveries of {len(sold)} packs in {seconds:.0f} s: {dict(answered)}", flush=True)
    wrong = [f"{count} times: {what}" for what, count in answered.items() if what not in EXPECTED]
    with own.app.app_context(), db.snapshot() as connection:
        laws = {law: found for law, found in broken(connection).items() if law != "audit_chain_unbroken"}
    return [*wrong, *(f"{law} is broken {found} times" for law, found in laws.items()), *_uneven(own, sold)]


EXPECTED = {"handled", "ignored", "waiting", "seen", "refused"}


def _send(own: Scratch, place: int, told: dict[str, Any]) -> str:
    """Send one; now and then a forged, a stale and a re-serialised one before it, which must all be refused."""
    client = own.app.test_client()
    if place % FORGED_EVERY == 0:
        body = json.dumps(told, indent=2)
        forgeries = (
            (body, signature(body, secret="whsec_another")),
            (body, signature(body, seconds_old=400)),
            (json.dumps(told), signature(body)),
        )
        for sent, header in forgeries:
            answer = client.post(PATH, data=sent, headers={"Stripe-Signature": header})
            if answer.status_code != 400:
                return f"a forgery was answered {answer.status_code}"
    answer = deliver(client, told)
    return str(answer.get_json()["state"]) if answer.status_code == 200 else f"answered {answer.status_code}"


def _uneven(own: Scratch, sold: list[Sale]) -> list[str]:
    """The packs whose credits or money are not what their fate says."""
    found = []
    with own.owner() as owner:
        for sale in sold:
            user = sale.bought.user_id
            grants = owner.execute(GRANTS, (user,)).fetchone()
            back = owner.execute(REFUNDED, (user,)).fetchone()
            if grants != (1, sale.credits_left()) or back != (sale.back_usd(),):
                found.append(f"{sale.payment}: grants {grants}, back {back}, expected {sale.credits_left()}")
    return found
