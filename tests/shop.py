"""A small company with a history: four customers, three models, two months of requests; the same every time."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from flask import Flask

from dashboard.actions.add_customers import add_customers
from dashboard.actions.allocate_period import allocate_period
from dashboard.actions.fold_usage import fold_usage
from dashboard.actions.record_usage import record_usage
from dashboard.actions.set_vendor_prices import set_vendor_prices
from dashboard.engine.actors import SHELL
from dashboard.engine.customers import NewCustomer
from dashboard.engine.price_lists import ListedPrice
from dashboard.engine.rating import Rates, Tokens
from dashboard.engine.usage import UsageEvent

FIRST = date(2026, 9, 1)
TODAY = date(2026, 10, 31)
NOW = datetime(2026, 10, 31, 8, tzinfo=UTC)
OPENED = datetime(2026, 6, 1, tzinfo=UTC)
CUSTOMERS = UUID("6f0f4b0c-9a35-4d0f-8a63-2f1d6c1b7e55")
PEOPLE = (("ada", "free"), ("bea", "pro"), ("cleo", "pro_max"), ("dora", "enterprise_pro"))
PRICES = {
    "gpt-4o": ("openai", ".0025", ".01"),
    "claude-sonnet-4-5": ("anthropic", ".003", ".015"),
    "gemini-2.5-pro": ("google", ".00125", ".01"),
}
UNPRICED = "brand-new-model"


@dataclass(frozen=True, slots=True)
class Facts:
    """What was put in, counted on the way."""

    requests: int
    unpriced: int


def open_shop(app: Flask, *, requests: int = 600, folded: bool = True) -> Facts:
    """Bring in customers, prices, allowances and requests through the actions."""
    with app.app_context():
        add_customers([_customer(name, tier) for name, tier in PEOPLE], actor=SHELL, now=OPENED)
        set_vendor_prices([_price(model) for model in PRICES], source="test", actor=SHELL, now=OPENED)
        start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
        allocate_period(start, NOW)
        events = list(_events(start, requests))
        half = len(events) // 2
        record_usage(events[:half])
        fold_usage()
        record_usage(events[half:])
        if folded:
            fold_usage()
    return Facts(
        requests, sum(event.model == UNPRICED and event.status in {"success", "cancelled"} for event in events)
    )


def customer_id(name: str) -> UUID:
    """The id of one of the four: the same in every test."""
    return uuid5(CUSTOMERS, f"{name}@example.com")


def _customer(name: str, tier: str) -> NewCustomer:
    return NewCustomer(f"{name}@example.com", name.title(), tier, "monthly", OPENED, 1, customer_id(name))


def _price(model: str) -> ListedPrice:
    provider, uncached, output = PRICES[model]
    return ListedPrice(model, provider, model, Rates(Decimal(uncached), Decimal(output)))


def _events(start: datetime, requests: int) -> Iterator[UsageEvent]:
    rng = random.Random(7)
    step = (NOW - start) / requests
    for number in range(requests):
        model = rng.choice([*PRICES, *PRICES, UNPRICED]) if number > requests * 0.9 else rng.choice(list(PRICES))
        provider = PRICES[model][0] if model in PRICES else "openai"
        started = start + step * number
        yield UsageEvent(
            customer=f"{PEOPLE[int(len(PEOPLE) * rng.random() ** 2)][0]}@example.com",
            request_id=UUID(int=rng.getrandbits(128)),
            external_id=None,
            provider=provider,
            model=model,
            service="chat",
            request_type=rng.choice(("completion", "streaming")),
            status=rng.choices(("success", "failed", "cancelled", "rate_limited"), (90, 5, 3, 2))[0],
            key_mode=rng.choices(("system", "own"), (95, 5))[0],
            tokens=Tokens(rng.randrange(100, 30_000), rng.choice((0, 512)), 0, rng.randrange(10, 4_000)),
            vendor_cost_usd=None,
            cost_estimated=False,
            experiment_id=None,
            metadata=None,
            started_at=started,
            completed_at=started + timedelta(milliseconds=rng.randrange(200, 9_000)),
        )
