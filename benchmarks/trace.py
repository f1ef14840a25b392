"""A synthetic trace of requests, the same every time: files as the importers read them."""

import csv
import random
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

MODELS = (
    ("openai", "gpt-4o", ".0025", ".01", ".00125"),
    ("openai", "gpt-4o-mini", ".00015", ".0006", ".000075"),
    ("openai", "gpt-5", ".00125", ".01", ".000125"),
    ("anthropic", "claude-sonnet-4-5", ".003", ".015", ".0003"),
    ("anthropic", "claude-haiku-4-5", ".001", ".005", ".0001"),
    ("google", "gemini-2.5-pro", ".00125", ".01", ".000125"),
)
TIERS = ("free", "free", "free", "pro", "pro", "pro_max", "enterprise_pro", "enterprise_max")
START = datetime(2026, 8, 1, tzinfo=UTC)
DAYS = 60
Rows = Iterator[list[str]]


def write(folder: Path, requests: int, customers: int = 300) -> tuple[Path, Path, Path]:
    """Write customers.csv, prices.csv and usage.csv and return their paths."""
    rng = random.Random(20261120)
    people = [f"customer-{n:04}@example.com" for n in range(customers)]
    names = folder / "customers.csv", folder / "prices.csv", folder / "usage.csv"
    _write(names[0], "email,name,tier,billing_interval,started_at,reset_day_of_month", _customers(people, rng))
    header = "provider,model,input_price_per_1k,output_price_per_1k,cache_hit_price_per_1k"
    _write(names[1], header, ([str(value) for value in model] for model in MODELS))
    header = (
        "request_id,customer_email,provider,model,service,request_type,status,input_tokens,cached_input_tokens,"
        "output_tokens,request_started_at,request_completed_at"
    )
    _write(names[2], header, _usage(people, requests, rng))
    return names


def _customers(people: list[str], rng: random.Random) -> Rows:
    for email in people:
        yield [email, email.split("@")[0], rng.choice(TIERS), "monthly", "2026-06-15", str(rng.randrange(1, 29))]


def _usage(people: list[str], requests: int, rng: random.Random) -> Rows:
    step = timedelta(days=DAYS) / requests
    for n in range(requests):
        provider, model, *_ = rng.choice(MODELS)
        started = START + step * n
        yield [
            str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            people[int(len(people) * rng.random() ** 2)],
            provider,
            model,
            "chat",
            rng.choice(("completion", "streaming")),
            rng.choices(("success", "failed", "cancelled", "rate_limited"), (94, 3, 2, 1))[0],
            str(rng.randrange(50, 8000)),
            str(rng.choice((0, 0, 512, 2048))),
            str(rng.randrange(10, 1200)),
            _written(started),
            _written(started + timedelta(milliseconds=rng.randrange(300, 9000))),
        ]


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _write(path: Path, header: str, rows: Iterable[list[str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)
