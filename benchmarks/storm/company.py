"""A company to storm: customers, one price, and credits; every amount known beforehand."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from benchmarks.scratch import Scratch
from dashboard import db

Connection = psycopg.Connection[TupleRow]
PROVIDER = "8f0c3f5e-0d2b-5a51-9c6c-3a1f0c1d0001"
MODEL = "stormy"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
STARTED = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
# On the free tier (× 2) a request of one token at a dollar per thousand is due two credits.
CREDITS_A_REQUEST = 2


def customer(number: int) -> str:
    return str(UUID(int=number + 1, version=4))


def request_id(seed: int, number: int) -> str:
    return str(UUID(int=Random(f"{seed}/{number}").getrandbits(128), version=4))


def event(user: str, request: str, tokens: int = 1) -> dict[str, object]:
    return {
        "position": 0,
        "user_id": user,
        "request_id": request,
        "provider_id": PROVIDER,
        "model_id": MODEL,
        "service": "storm",
        "request_type": "completion",
        "status": "success",
        "key_mode": "system",
        "input_tokens": tokens,
        "cached_input_tokens": 0,
        "cache_write_tokens": 0,
        "output_tokens": 0,
        "cost_estimated": False,
        "body_sha256": sha256(f"{user} {request} {tokens}".encode()).hexdigest(),
        "request_started_at": STARTED,
    }


def connect(own: Scratch) -> Connection:
    """Return an autocommitting connection of the app's role, as the web workers have."""
    url = db.urls(own.settings).app.replace("postgresql+psycopg", "postgresql")
    connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
    connection.execute("set lock_timeout = '30s'")
    return connection


def found(own: Scratch, seed: int, granted: Sequence[int]) -> None:
    """Add the price, and as many customers as amounts are given, each with one grant of that many credits."""
    with own.owner() as owner, owner.transaction():
        owner.execute(
            "insert into models (provider_id, id, name) values (%s, %s, %s) on conflict do nothing",
            (PROVIDER, MODEL, MODEL),
        )
        owner.execute(
            "insert into model_provider_pricing (provider_id, model_name, input_price_per_1k, output_price_per_1k,"
            " effective_from, detected_at, source, last_verified)"
            " values (%s, %s, 1, 1, %s, now(), 'storm', now()) on conflict do nothing",
            (PROVIDER, MODEL, LONG_AGO),
        )
        owner.cursor().executemany(
            "insert into users (id, email, name, registered_at) values (%s, %s, 'S', %s)",
            [(customer(number), f"{number}@storm.test", LONG_AGO) for number in range(len(granted))],
        )
        grants = [_grant(seed, number, amount) for number, amount in enumerate(granted)]
        owner.execute("select post_grants(%s::jsonb)", (json.dumps(grants),))
        # Not the ledgers: found empty once, they are read whole until somebody looks again.
        owner.execute("analyze users, user_credit_source, user_credit_balance, model_provider_pricing")


def _grant(seed: int, number: int, amount: int) -> dict[str, object]:
    return {
        "user_id": customer(number),
        "id": request_id(seed, -number - 1),
        "source": "purchase",
        "category": "paid",
        "granted": amount,
        "paid_usd": amount * 0,
        "effective_at": LONG_AGO.isoformat(),
        "expires_at": None,
        "priority": 10,
        "origin": "storm",
        "reason": "purchase",
    }
