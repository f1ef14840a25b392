"""Requests to charge, as the database's functions and as the API take them, over the books of charge_one."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

from benchmarks.copies import Connection

PROVIDERS = ("openai", "anthropic", "google", "azure", "ollama")
MODELS = 10
Event = dict[str, Any]


def customer(number: int) -> str:
    """Return the id of a customer of the books, counted from one."""
    return f"00000000-0000-4000-8000-{number:012x}"


def reported(seed: int, customers: range) -> Iterator[Event]:
    """Return endless requests of these customers as a program reports them."""
    chance = Random(seed)
    started = (datetime.now(UTC) - timedelta(minutes=10)).isoformat(timespec="seconds")
    while True:
        yield {
            "customer": customer(chance.choice(customers)),
            "request_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "provider": chance.choice(PROVIDERS),
            "model": f"m{chance.randint(1, MODELS)}",
            "input_tokens": chance.randint(100, 4000),
            "output_tokens": chance.randint(10, 1000),
            "request_started_at": started,
        }


def batch_of(source: Iterator[Event], size: int, providers: dict[str, str]) -> str:
    """Return requests as `charge_usage` takes them: a JSON array."""
    return json.dumps([_charged(next(source), position, providers) for position in range(size)])


def providers_by_name(connection: Connection) -> dict[str, str]:
    """Return the ids of the providers."""
    return dict(connection.execute("select name, id::text from providers").fetchall())


def _charged(event: Event, position: int, providers: dict[str, str]) -> Event:
    return {
        "position": position,
        "user_id": event["customer"],
        "request_id": event["request_id"],
        "provider_id": providers[event["provider"]],
        "model_id": event["model"],
        "service": "chat",
        "request_type": "completion",
        "status": "success",
        "key_mode": "system",
        "input_tokens": event["input_tokens"],
        "cached_input_tokens": 0,
        "cache_write_tokens": 0,
        "output_tokens": event["output_tokens"],
        "cost_estimated": False,
        "body_sha256": sha256(event["request_id"].encode()).hexdigest(),
        "request_started_at": event["request_started_at"],
    }
