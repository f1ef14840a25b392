"""What providers charged: by provider and model, over time, and how it is spread over requests."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.distribution import Bucket, average_usd, merged, percentile_usd
from dashboard.engine.periods import Period
from dashboard.reports.filters import Filters, days
from dashboard.sql import Query

DEAREST_SHOWN = 20
ZERO = Decimal(0)

ModelKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ModelCost:
    """One model in the period (is_now) or in the one before; USD."""

    provider: str
    provider_title: str
    model: str
    is_now: bool
    requests: int
    priced_requests: int
    unpriced_requests: int
    vendor_cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class BucketCost:
    """What one model cost on one day, week or month, USD."""

    provider: str
    model: str
    bucket: date
    vendor_cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class HistogramEntry:
    """How many requests of one model fell into one bucket, and what they cost together, USD."""

    provider: str
    model: str
    is_now: bool
    bucket: int
    requests: int
    vendor_cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class Dearest:
    """One of the dearest requests; USD."""

    customer_id: UUID
    request_id: UUID
    customer: str
    provider: str
    provider_title: str
    model: str
    started_at: datetime
    tokens_in: int
    tokens_out: int
    status: str
    vendor_cost_usd: Decimal


costs_by_model = Query("finance/costs_by_model", ModelCost)
costs_by_model_of_customers = Query("finance/costs_by_model_of_customers", ModelCost)
costs_over_time = Query("finance/costs_over_time", BucketCost)
costs_over_time_of_customers = Query("finance/costs_over_time_of_customers", BucketCost)
cost_histogram = Query("finance/cost_histogram", HistogramEntry)
cost_dearest_requests = Query("finance/cost_dearest_requests", Dearest)


@dataclass(frozen=True, slots=True)
class Sums:
    """Requests and what they cost, USD."""

    requests: int = 0
    priced_requests: int = 0
    unpriced_requests: int = 0
    vendor_cost_usd: Decimal = ZERO

    @property
    def is_unpriced(self) -> bool:
        """Whether nothing here has a price, so that no cost is known."""
        return self.priced_requests == 0 and self.unpriced_requests > 0

    @property
    def average_usd(self) -> Decimal | None:
        """Vendor cost ÷ priced requests, USD."""
        return average_usd(self.vendor_cost_usd, self.priced_requests)


@dataclass(frozen=True, slots=True)
class Line:
    """A provider with its models, or a model: now, before, and over time by bucket."""

    provider: str
    provider_title: str
    model: str | None
    now: Sums
    before: Sums
    over_time: dict[date, Decimal]
    models: list["Line"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Costs:
    """All providers, and together."""

    providers: list[Line]
    now: Sums
    before: Sums
    over_time: dict[date, Decimal]

    @property
    def models(self) -> list[Line]:
        """Every model of every provider."""
        return [model for provider in self.providers for model in provider.models]


@dataclass(frozen=True, slots=True)
class Distribution:
    """How requests are spread over costs, now and before, and each model's 99th percentile, USD."""

    now: list[Bucket]
    before: list[Bucket]
    p99_usd: dict[ModelKey, Decimal]


def costs(connection: Connection, period: Period, filters: Filters, per: str) -> Costs:
    """Add up what each model and provider cost, dearest first."""
    given = filters.parameters_with_customers() if filters.customers else filters.parameters()
    by_model = costs_by_model_of_customers if filters.customers else costs_by_model
    over_time = costs_over_time_of_customers if filters.customers else costs_over_time
    sums = by_model.all(connection, **days(period), before_start=period.previous.start, **given)
    points = over_time.all(connection, **days(period), per=per, **given)
    lines = _models(sums, points)
    providers = [_together(found) for found in _by_provider(lines)]
    return Costs(
        providers=sorted(providers, key=_dearest_first),
        now=_sum(line.now for line in lines),
        before=_sum(line.before for line in lines),
        over_time=_sum_over_time(lines),
    )


def distribution(connection: Connection, period: Period, filters: Filters) -> Distribution:
    """Read the histogram, which knows providers and models and no other dimension."""
    given = filters.parameters()
    entries = cost_histogram.all(
        connection,
        **days(period),
        before_start=period.previous.start,
        providers=given["providers"],
        models=given["models"],
    )
    return Distribution(
        now=_buckets(entry for entry in entries if entry.is_now),
        before=_buckets(entry for entry in entries if not entry.is_now),
        p99_usd=_p99(entries),
    )


def dearest_requests(connection: Connection, period: Period, filters: Filters) -> list[Dearest]:
    """Return the dearest requests of a period, dearest first."""
    given = filters.parameters()
    return cost_dearest_requests.all(
        connection, **days(period), providers=given["providers"], models=given["models"], most=DEAREST_SHOWN
    )


def _models(sums: list[ModelCost], points: list[BucketCost]) -> list[Line]:
    over_time: dict[ModelKey, dict[date, Decimal]] = {}
    for point in points:
        over_time.setdefault((point.provider, point.model), {})[point.bucket] = point.vendor_cost_usd
    titles = {(one.provider, one.model): one.provider_title for one in sums}
    found = {(one.provider, one.model, one.is_now): _sums(one) for one in sums}
    lines = (
        Line(
            provider,
            title,
            model,
            found.get((provider, model, True), Sums()),
            found.get((provider, model, False), Sums()),
            over_time.get((provider, model), {}),
        )
        for (provider, model), title in titles.items()
    )
    return sorted(lines, key=_dearest_first)


def _sums(one: ModelCost) -> Sums:
    return Sums(one.requests, one.priced_requests, one.unpriced_requests, one.vendor_cost_usd)


def _dearest_first(line: Line) -> tuple[Decimal, str, str]:
    return -line.now.vendor_cost_usd, line.provider, line.model or ""


def _by_provider(lines: list[Line]) -> list[list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.provider, []).append(line)
    return list(found.values())


def _together(models: list[Line]) -> Line:
    first = models[0]
    return Line(
        first.provider,
        first.provider_title,
        None,
        _sum(line.now for line in models),
        _sum(line.before for line in models),
        _sum_over_time(models),
        models,
    )


def _sum(parts: Iterable[Sums]) -> Sums:
    parts = list(parts)
    return Sums(
        sum(one.requests for one in parts),
        sum(one.priced_requests for one in parts),
        sum(one.unpriced_requests for one in parts),
        sum((one.vendor_cost_usd for one in parts), ZERO),
    )


def _sum_over_time(lines: list[Line]) -> dict[date, Decimal]:
    found: dict[date, Decimal] = {}
    for line in lines:
        for bucket, cost in line.over_time.items():
            found[bucket] = found.get(bucket, ZERO) + cost
    return found


def _buckets(entries: Iterable[HistogramEntry]) -> list[Bucket]:
    return merged(Bucket(one.bucket, one.requests, one.vendor_cost_usd) for one in entries)


def _p99(entries: list[HistogramEntry]) -> dict[ModelKey, Decimal]:
    found: dict[ModelKey, list[Bucket]] = {}
    for one in entries:
        if one.is_now:
            bucket = Bucket(one.bucket, one.requests, one.vendor_cost_usd)
            found.setdefault((one.provider, one.model), []).append(bucket)
    percentiles = ((key, percentile_usd(buckets, 99)) for key, buckets in found.items())
    return {key: value for key, value in percentiles if value is not None}
