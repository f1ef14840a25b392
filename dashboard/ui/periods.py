"""The period of a page, read from its address: `?period=30d`, or `?from=…&to=…` with both days included."""

from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from flask import request, url_for

from dashboard.engine.periods import DEFAULT, NAMED, Period, chosen, named
from dashboard.ui.links import url_with

TITLES = {"7d": "7 days", "30d": "30 days", "90d": "90 days", "1y": "1 year"}


@dataclass(frozen=True)
class PeriodChoice:
    """The period shown, its segments for the header, and what was wrong with typed dates."""

    period: Period
    name: str | None
    first: str
    last: str
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def segments(self) -> list[tuple[str, str, bool]]:
        """Title, address and whether it is the one shown, for each named period."""
        return [
            (title, url_with(period=name, to=None, cursor=None, **{"from": None}), name == self.name)
            for name, title in TITLES.items()
        ]

    @property
    def words(self) -> str:
        """How the period is called in a sentence: `30 days`."""
        return TITLES.get(self.name or "", f"{self.period.days} day{'' if self.period.days == 1 else 's'}")


def in_period(endpoint: str, **query: str) -> str:
    """Link to another page of the same days: what was looked at here is what is opened there."""
    kept = {name: request.args[name] for name in ("period", "from", "to") if request.args.get(name)}
    written = urlencode({**kept, **query})
    return f"{url_for(endpoint)}?{written}" if written else url_for(endpoint)


def read_period(today: date, default: str = DEFAULT) -> PeriodChoice:
    """Read the period asked for; a wrong date keeps the figures of the named period and says so at its field."""
    name = request.args.get("period", default)
    name = name if name in NAMED else default
    fallback = named(name, today)
    first, last = request.args.get("from", ""), request.args.get("to", "")
    if not first and not last:
        return PeriodChoice(fallback, name, fallback.start.isoformat(), fallback.last.isoformat())
    period, errors = chosen(first, last)
    if period is None:
        return PeriodChoice(fallback, name, first, last, errors)
    return PeriodChoice(period, None, first, last)
