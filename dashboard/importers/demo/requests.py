"""Ninety days of requests: weekdays, office hours, growth, and everything that can happen to a request."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from random import Random
from uuid import UUID

from dashboard.engine.rating import Tokens
from dashboard.engine.usage import UsageEvent
from dashboard.importers.demo.models import DAYS_SINCE_RELEASE, MODELS, UNPRICED, DemoModel
from dashboard.importers.demo.people import Person, chance

DAYS = 90
REQUESTS = 60_000
WEEKDAYS = (1.0, 1.06, 1.08, 1.04, 0.94, 0.42, 0.36)
HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 9, 11, 12, 12, 11, 9, 7, 6, 5, 4, 3, 2)
GROWTH = 0.9
STATUSES = ("success", "failed", "cancelled", "rate_limited")
STATUS_WEIGHTS = (95.4, 1.6, 1.6, 1.4)
SERVICES, SERVICE_WEIGHTS = ("chat", "agents", "search", "summaries"), (58, 24, 11, 7)
TYPES, TYPE_WEIGHTS = ("streaming", "completion", "batch"), (64, 31, 5)


def days(random: Random, cast: Sequence[Person], now: datetime) -> Iterator[tuple[datetime, list[UsageEvent]]]:
    """Yield each day up to now with its requests, in order of their start."""
    today = now.replace(hour=0)
    first = today - timedelta(days=DAYS - 1)
    starts = [first + timedelta(days=number) for number in range(DAYS)]
    shares = [_share(number, start, now) for number, start in enumerate(starts)]
    for start, share in zip(starts, shares, strict=True):
        number = round(REQUESTS * share / sum(shares) * random.uniform(0.94, 1.06))
        yield start, _day(random, cast, start, now, number)


def _share(number: int, start: datetime, now: datetime) -> float:
    """Weigh a day by weekday and growth; of today only what has passed."""
    passed = sum(HOURS[: now.hour]) / sum(HOURS) if start.date() == now.date() else 1.0
    return WEEKDAYS[start.weekday()] * (1 + GROWTH * number / DAYS) * passed


def _day(random: Random, cast: Sequence[Person], start: datetime, now: datetime, number: int) -> list[UsageEvent]:
    end = min(start + timedelta(days=1), now)
    active = [person for person in cast if person.customer.started_at < end - timedelta(minutes=10)]
    weights = list(accumulate(person.weight for person in active))
    has_newest = now - start <= timedelta(days=DAYS_SINCE_RELEASE)
    models = (*MODELS, UNPRICED) if has_newest else MODELS
    shares = list(accumulate(model.share for model in models))
    hours = list(accumulate(HOURS[: end.hour] if end.date() == start.date() else HOURS))
    requests = []
    for _ in range(number if hours else 0):
        person = random.choices(active, cum_weights=weights)[0]
        hour = random.choices(range(len(hours)), cum_weights=hours)[0]
        started_at = start + timedelta(hours=hour, milliseconds=random.randrange(3_600_000 - 120_000))
        if started_at >= person.customer.started_at:
            model = random.choices(models, cum_weights=shares)[0]
            requests.append(_request(random, person, model, started_at))
    return sorted(requests, key=lambda event: event.started_at)


def _request(random: Random, person: Person, model: DemoModel, started_at: datetime) -> UsageEvent:
    status = random.choices(STATUSES, STATUS_WEIGHTS)[0]
    tokens = _tokens(random, model, status)
    took_ms = 180 + random.randrange(400) + tokens.output * 1_000 // model.tokens_per_second
    # A few failures are billed by the vendor all the same; that cost is ours to bear.
    is_billed = status == "failed" and not person.has_own_key and chance(random, 0.2)
    return UsageEvent(
        customer=person.customer.email,
        request_id=UUID(int=random.getrandbits(128), version=4),
        external_id=None,
        provider=model.provider,
        model=model.name,
        service=random.choices(SERVICES, SERVICE_WEIGHTS)[0],
        request_type=random.choices(TYPES, TYPE_WEIGHTS)[0],
        status=status,
        key_mode="own" if person.has_own_key else "system",
        tokens=tokens,
        vendor_cost_usd=Decimal(random.randrange(50, 400)) / 100_000 if is_billed else None,
        cost_estimated=False,
        experiment_id=None,
        metadata=None,
        started_at=started_at,
        completed_at=started_at + timedelta(milliseconds=min(took_ms, 119_000)),
    )


def _tokens(random: Random, model: DemoModel, status: str) -> Tokens:
    """Draw the four buckets; a cancelled stream delivered a part, a refused request nothing."""
    prompt = int(model.prompt_tokens * random.lognormvariate(-0.25, 0.8)) + 20
    output = int(model.output_tokens * random.lognormvariate(-0.2, 0.65)) + 5
    cached = int(prompt * random.uniform(0.3, 0.9)) if chance(random, 0.35) else 0
    written = prompt // 4 if model.provider == "anthropic" and not cached and chance(random, 0.3) else 0
    if status == "rate_limited":
        return Tokens()
    if status in {"failed", "cancelled"}:
        output = int(output * random.random() * 0.6)
    return Tokens(uncached=prompt - cached - written, cached=cached, written=written, output=output)
