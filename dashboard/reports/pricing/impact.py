"""Impact by replay, as pages read it: live for scenarios, or as it was kept with a proposal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.figures import Figures
from dashboard.engine.impact import Assumptions, Ordered, Pair, Scenario, Standing
from dashboard.engine.impact_found import Impact, impact_of, scaled
from dashboard.engine.impact_json import assumptions_of, evidence_of, impacts_of, prices_at, scenarios_of
from dashboard.engine.money import EXACT
from dashboard.reports.filters import Filters
from dashboard.reports.pricing.replay import provider_ids, replay
from dashboard.sql import Query

NO_FILTERS = Filters()
# Long windows are read in parts, so that their progress shows and they can be cancelled.
DAYS_AT_ONCE = 15


@dataclass(frozen=True, slots=True)
class ConfigStart:
    """From when a version of a price holds, or is to hold."""

    starts_at: datetime | None
    is_approved: bool


@dataclass(frozen=True, slots=True)
class PriceSince:
    """A price of another scope, approved since a replay of a proposal that is still to be decided."""

    number: int
    tier_title: str | None
    provider_title: str | None
    model: str | None
    multiplier: Decimal
    approved_at: datetime


start_of = Query("pricing/replay/start_of_config", ConfigStart)
changed_since = Query("pricing/prices_changed_since", PriceSince)


def simulate(
    connection: Connection,
    start: datetime,
    end: datetime,
    scenarios: Sequence[Scenario],
    *,
    at: datetime,
    beside: Connection | None = None,
    filters: Filters = NO_FILTERS,
) -> list[Impact]:
    """Replay [start, end) under up to five scenarios in one pass; the first impact is that of the prices that hold `at`.

    Of the filters provider, model and tier narrow what is counted; balances always pay for everything.
    """
    names = provider_names(connection)

    def counts(pair: Pair) -> bool:
        return all(
            not wanted or name in wanted
            for wanted, name in (
                (filters.tiers, pair.tier),
                (filters.providers, names[pair.provider_id]),
                (filters.models, pair.model_id),
            )
        )

    found = replay(connection, (start, end), scenarios, Standing(at), beside=beside)
    return [impact_of(found, place, names=names, speaks_of=counts) for place in range(len(scenarios) + 1)]


def provider_names(connection: Connection) -> dict[UUID, str]:
    """Name every provider by its id."""
    return {row.id: row.name for row in provider_ids.all(connection)}


def evidence(
    connection: Connection, ordered: Ordered, tell: Callable[[int], None], *, beside: Connection | None = None
) -> dict[str, Any]:
    """Replay part by part, telling how far it is, and write down what was found."""
    names = provider_names(connection)
    standing = _standing(connection, ordered)
    days = DAYS_AT_ONCE if ordered.window[1] - ordered.window[0] > timedelta(days=DAYS_AT_ONCE) else None
    found = replay(connection, ordered.window, ordered.scenarios, standing, beside=beside, days_at_once=days, tell=tell)
    impacts = [impact_of(found, place, names=names) for place in range(len(ordered.scenarios) + 1)]
    return evidence_of(impacts, as_of=ordered.as_of, standing=standing)


def _standing(connection: Connection, ordered: Ordered) -> Standing:
    """The prices a replay compares with: of the moment, or of a proposal's own start where that is another."""
    found = start_of.all(connection, config_id=ordered.config_id) if ordered.config_id else []
    if not found or found[0].starts_at is None:
        return Standing(ordered.as_of)
    start = found[0].starts_at
    return Standing(start if found[0].is_approved else max(start, ordered.as_of), ordered.config_id)


@dataclass(frozen=True, slots=True)
class ImpactRun:
    """One replay: what was asked for, where it stands, and what it found."""

    id: UUID
    config_id: UUID | None
    scenarios: Any
    window_start: datetime
    window_end: datetime
    assumptions: Any
    status: str
    requests: int
    requests_done: int
    requested_name: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    failure: str | None
    begun: int
    evidence: Any
    evidence_sha256: bytes | None

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.status in {"waiting", "running"}

    @property
    def prices_at(self) -> datetime | None:
        """The moment whose prices it compares with; None before the end, and where it compares with the ledger."""
        return prices_at(self.evidence) if self.evidence else None

    @property
    def is_begun_again(self) -> bool:
        """Whether an earlier worker was ended in the midst of it, so that another read from the start."""
        return self.begun > 1

    @property
    def impacts(self) -> list[Impact]:
        """What was found, the prices that stand first; nothing before the end."""
        return impacts_of(self.evidence) if self.evidence else []

    @property
    def asked(self) -> list[Scenario]:
        """The scenarios that are replayed."""
        return scenarios_of(self.scenarios)

    @property
    def assumed(self) -> Assumptions:
        """What somebody supposes beside the replay."""
        return assumptions_of(self.assumptions)

    @property
    def days(self) -> int:
        """How many days the window has."""
        return (self.window_end - self.window_start).days

    @property
    def last_day(self) -> datetime:
        """The last day of the window, itself in it."""
        return self.window_end - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Predicted against actual after some days; without figures it is too early, or nothing was replayed."""

    days: int
    due_at: datetime
    predicted: Figures | None
    actual: Figures | None


one_run = Query("pricing/impact_run", ImpactRun)
latest_run = Query("pricing/impact_latest", ImpactRun)
actual_figures = Query("pricing/impact_actual", Figures)


def impact_run(connection: Connection, run_id: UUID) -> ImpactRun | None:
    """Return one replay."""
    return next(iter(one_run.all(connection, run_id=run_id)), None)


def latest_impact(connection: Connection, config_id: UUID) -> ImpactRun | None:
    """Return the latest replay of one version of a price."""
    return next(iter(latest_run.all(connection, config_id=config_id)), None)


def outcome(
    connection: Connection, config_id: UUID, effective_from: datetime, days: int, *, now: datetime
) -> Comparison:
    """Compare what the replay predicted for as many requests with what was charged in the first days at the price.

    Only requests with a price and a charge are compared, on both sides; the prediction is the replay's sum in
    proportion to their number, so that more or less use is not mistaken for another price.
    """
    due_at = effective_from + timedelta(days=days)
    run = latest_impact(connection, config_id)
    if now < due_at or run is None or not run.impacts:
        return Comparison(days, due_at, None, None)
    actual = actual_figures.one(connection, config_id=config_id, start=effective_from, end=due_at)
    after = run.impacts[1].after
    if not after.priced_requests:
        return Comparison(days, due_at, None, actual)
    with localcontext(EXACT):
        factor = Decimal(actual.priced_requests) / Decimal(after.priced_requests)
    return Comparison(days, due_at, scaled(after, factor), actual)
