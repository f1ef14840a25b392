"""What vendors charge: every model, one model's history, and what its usage and our rules make of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from dashboard.engine.price_effect import TierRule, Volume
from dashboard.engine.price_proposals import ACT_WITHIN
from dashboard.engine.rating import Rates, Tokens
from dashboard.sql import Query

VOLUME_DAYS = 30


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model and what its vendor charges now, USD per 1,000 tokens; requests and cost are of the days asked for."""

    provider: str
    provider_name: str
    model: str
    price_id: UUID | None
    input_usd: Decimal | None
    output_usd: Decimal | None
    cached_usd: Decimal | None
    written_usd: Decimal | None
    threshold_tokens: int | None
    is_free: bool
    effective_from: datetime | None
    effective_until: datetime | None
    change_percent_input: Decimal | None
    change_percent_output: Decimal | None
    source: str | None
    last_verified: datetime | None
    verify_every_days: int | None
    next_from: datetime | None
    last_ended_at: datetime | None
    requests: int
    vendor_cost_usd: Decimal
    waiting: int
    waiting_since: date | None
    differences: int
    blocked: int
    act_since: datetime | None

    @property
    def largest_change(self) -> Decimal | None:
        """The larger of the two movements, in percent, with its sign."""
        return largest_change(self.change_percent_input, self.change_percent_output)

    def is_stale(self, now: datetime) -> bool:
        """Whether nobody verified the price for longer than it should be."""
        if self.last_verified is None or self.verify_every_days is None:
            return False
        return self.last_verified + timedelta(days=self.verify_every_days) < now

    @property
    def act_by(self) -> datetime | None:
        """Until when a change above 10 % is to be decided."""
        return None if self.act_since is None else self.act_since + ACT_WITHIN


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One dated price of a model, USD per 1,000 tokens, and the usage of the days it held."""

    id: UUID
    input_usd: Decimal
    output_usd: Decimal
    cached_usd: Decimal | None
    written_usd: Decimal | None
    threshold_tokens: int | None
    high_input_usd: Decimal | None
    high_output_usd: Decimal | None
    high_cached_usd: Decimal | None
    high_written_usd: Decimal | None
    is_free: bool
    effective_from: datetime
    effective_until: datetime | None
    change_percent_input: Decimal | None
    change_percent_output: Decimal | None
    detected_at: datetime
    source: str
    last_verified: datetime
    verify_every_days: int
    set_by: str | None
    requests: int
    vendor_cost_usd: Decimal

    @property
    def largest_change(self) -> Decimal | None:
        """The larger of the two movements, in percent, with its sign."""
        return largest_change(self.change_percent_input, self.change_percent_output)

    def holds_at(self, at: datetime) -> bool:
        """Whether this price holds at that moment."""
        return self.effective_from <= at and (self.effective_until is None or at < self.effective_until)

    def is_stale(self, now: datetime) -> bool:
        """Whether nobody verified the price for longer than it should be."""
        return self.last_verified + timedelta(days=self.verify_every_days) < now


@dataclass(frozen=True, slots=True)
class VolumeRow:
    """What one tier used of a model, and what it cost and brought."""

    provider: str
    model: str
    tier: str
    display_name: str
    requests: int
    input_tokens: int
    cached_tokens: int
    written_tokens: int
    output_tokens: int
    vendor_cost_usd: Decimal
    list_revenue_usd: Decimal

    @property
    def volume(self) -> Volume:
        """The same as the rules see it."""
        tokens = Tokens(self.input_tokens, self.cached_tokens, self.written_tokens, self.output_tokens)
        return Volume(self.tier, self.requests, tokens, self.vendor_cost_usd, self.list_revenue_usd)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """The rule that wins for a model on one tier."""

    tier: str
    display_name: str
    scope: str
    multiplier: Decimal

    @property
    def rule(self) -> TierRule:
        """The same as the rules see it."""
        return TierRule(self.tier, self.scope, self.multiplier)


@dataclass(frozen=True, slots=True)
class DueRow:
    """What corrections of one tier's usage would change; signed, USD and credits."""

    tier: str
    display_name: str
    requests: int
    waiting: int
    customers: int
    not_chargeable: int
    vendor_cost_usd: Decimal
    credit_value_usd: Decimal
    credits_due: Decimal


@dataclass(frozen=True, slots=True)
class Attention:
    """What asks for attention about vendors' prices."""

    changes_to_act_on: int
    oldest_change_at: datetime | None
    failed_sources: int
    stale_prices: int


vendor_models = Query("pricing/vendor_models", ModelRow)
vendor_price_history = Query("pricing/vendor_price_history", PriceRow)
vendor_price_volumes = Query("pricing/vendor_price_volumes", VolumeRow)
vendor_price_rules = Query("pricing/vendor_price_rules", RuleRow)
corrections_due = Query("pricing/corrections_due", DueRow)
vendor_price_attention = Query("pricing/vendor_price_attention", Attention)


def last_month(today: date) -> tuple[date, date]:
    """Return the 30 whole days before today, half-open: the volume changes are judged by."""
    return today - timedelta(days=VOLUME_DAYS), today


def largest_change(of_input: Decimal | None, of_output: Decimal | None) -> Decimal | None:
    """Return the larger of two movements, with its sign; None where nothing is known to have moved."""
    known = [change for change in (of_input, of_output) if change is not None]
    return max(known, key=abs, default=None)


def rates(uncached: Decimal, output: Decimal, cached: Decimal | None, written: Decimal | None) -> Rates:
    """Return four prices as rates."""
    return Rates(uncached, output, cached, written)
