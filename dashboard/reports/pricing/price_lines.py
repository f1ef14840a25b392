"""What sources say about vendors' prices, and what was decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.price_lists import ListedPrice
from dashboard.engine.price_proposals import act_by, agreement, movements
from dashboard.engine.rating import Rates
from dashboard.sql import Query

SAID = ("open", "same", "blocked", "accepted", "refused")


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of a source beside the price it was compared with, USD per 1,000 tokens."""

    id: UUID
    origin: str
    kind: str
    source: str
    line: str
    provider: str
    provider_name: str
    model: str
    effective_from: datetime | None
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
    compared_with: UUID | None
    change_percent_input: Decimal | None
    change_percent_output: Decimal | None
    change_class: str | None
    blocked_reason: str | None
    state: str
    first_seen_at: datetime
    seen_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None
    price_id: UUID | None
    known_input_usd: Decimal | None
    known_output_usd: Decimal | None
    known_cached_usd: Decimal | None
    known_written_usd: Decimal | None
    known_threshold_tokens: int | None
    known_high_input_usd: Decimal | None
    known_high_output_usd: Decimal | None
    known_high_cached_usd: Decimal | None
    known_high_written_usd: Decimal | None
    known_from: datetime | None
    known_source: str | None

    @property
    def key(self) -> tuple[str, str]:
        """The model this is about."""
        return self.provider, self.model

    @property
    def rates(self) -> Rates:
        """What the source says."""
        return Rates(self.input_usd, self.output_usd, self.cached_usd, self.written_usd)

    @property
    def known_rates(self) -> Rates | None:
        """What it was compared with."""
        if self.known_input_usd is None or self.known_output_usd is None:
            return None
        return Rates(self.known_input_usd, self.known_output_usd, self.known_cached_usd, self.known_written_usd)

    @property
    def listed(self) -> ListedPrice:
        """The same as the rules see it."""
        high = self.high_input_usd, self.high_output_usd
        return ListedPrice(
            line=self.line,
            provider=self.provider,
            model=self.model,
            rates=self.rates,
            threshold_tokens=self.threshold_tokens,
            high_rates=None
            if high[0] is None or high[1] is None
            else Rates(high[0], high[1], self.high_cached_usd, self.high_written_usd),
            is_free=self.is_free,
            effective_from=self.effective_from,
        )

    @property
    def is_first(self) -> bool:
        """Whether the model had no price to compare it with."""
        return self.known_input_usd is None

    @property
    def prices(self) -> list[tuple[str, Decimal | None, Decimal | None]]:
        """Every price as known and as said, by its name; those neither side names are left out."""
        found = [
            ("Input", self.known_input_usd, self.input_usd),
            ("Output", self.known_output_usd, self.output_usd),
            ("Cached input", self.known_cached_usd, self.cached_usd),
            ("Cache write", self.known_written_usd, self.written_usd),
            ("Input, large context", self.known_high_input_usd, self.high_input_usd),
            ("Output, large context", self.known_high_output_usd, self.high_output_usd),
            ("Cached input, large context", self.known_high_cached_usd, self.high_cached_usd),
            ("Cache write, large context", self.known_high_written_usd, self.high_written_usd),
        ]
        return [one for one in found if one[1] is not None or one[2] is not None]

    @property
    def movements(self) -> list[Decimal]:
        """How far input, output, cached and written move, in percent; nothing for a first or a blocked price."""
        known = self.known_rates
        return [] if known is None or self.state == "blocked" else movements(known, self.rates)

    @property
    def largest_change(self) -> Decimal | None:
        """The largest of the movements, in percent, with its sign."""
        return max(self.movements, key=abs, default=None)

    @property
    def act_by(self) -> datetime | None:
        """Until when it is to be decided; None where nothing presses or it was."""
        return act_by(self.first_seen_at, self.change_class) if self.state == "open" else None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """The latest comparison of one source."""

    origin: str
    kind: str
    source: str
    state: str
    reason: str | None
    lines: int
    unchanged: int
    waiting: int
    blocked: int
    skipped: Any
    compared_by: str | None
    compared_at: datetime


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A proposal that answers a difference."""

    id: UUID
    number: int
    state: str
    multiplier: Decimal
    tier_title: str | None
    variant: str | None


price_line_drafts = Query("pricing/price_line_drafts", DraftRow)
vendor_price_lines = Query("pricing/vendor_price_lines", LineRow)
vendor_price_sources = Query("pricing/vendor_price_sources", SourceRow)


def lines(connection: Connection, states: Iterable[str] | None = None) -> list[LineRow]:
    """Return the lines in these states, the newest first."""
    wanted = None if states is None else list(states)
    return vendor_price_lines.all(connection, line_id=None, states=wanted, provider=None, model=None)


def line(connection: Connection, line_id: UUID) -> LineRow | None:
    """Return one line."""
    found = vendor_price_lines.all(connection, line_id=line_id, states=None, provider=None, model=None)
    return found[0] if found else None


def said_of(connection: Connection, provider: str, model: str) -> list[LineRow]:
    """Return what each source says of one model now: its latest words, one line each."""
    found = vendor_price_lines.all(connection, line_id=None, states=list(SAID), provider=provider, model=model)
    latest: dict[str, LineRow] = {}
    for row in sorted(found, key=lambda row: (row.seen_at, row.effective_from or row.seen_at)):
        latest[row.origin] = row
    return list(latest.values())


def agreeing(row: LineRow, others: Iterable[LineRow]) -> tuple[list[str], list[str]]:
    """Say which other sources name the same price, and which another."""
    return agreement({other.origin: other.listed for other in others if other.origin != row.origin}, row.listed)
