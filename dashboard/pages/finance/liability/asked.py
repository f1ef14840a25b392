"""What the page of liability was asked, read from its address."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from flask import request

from dashboard.engine.liability import Owed
from dashboard.engine.periods import Period
from dashboard.pages.finance.liability.words import MEASURE_TITLES, PER_TITLES
from dashboard.ui.format import Number
from dashboard.ui.periods import PeriodChoice, read_period
from dashboard.ui.scales import Per, Unit

PERS: tuple[Per, ...] = ("day", "week", "month")
DAYS_BY_DAY, DAYS_BY_WEEK = 92, 366


@dataclass(frozen=True, slots=True)
class Asked:
    """The period, the length of a bucket, what the charts measure, and what the address said wrongly."""

    choice: PeriodChoice
    per: Per
    measure: str
    problems: list[str]

    @property
    def period(self) -> Period:
        """The days shown."""
        return self.choice.period

    @property
    def kind(self) -> Literal["credits", "usd"]:
        """How a figure of the measure is written."""
        return "credits" if self.measure == "credits" else "usd"

    @property
    def unit(self) -> Unit:
        """The unit of the charts' axis."""
        return "count" if self.measure == "credits" else "usd"

    def measured(self, owed: Owed, unit_usd: Decimal) -> Number:
        """One figure in the measure asked for."""
        if self.measure == "credits":
            return owed.credits
        return owed.deferred_usd if self.measure == "deferred" else owed.list_usd(unit_usd)


def asked(today: date) -> Asked:
    """Read the address; what it says wrongly is named and left aside."""
    choice = read_period(today)
    problems: list[str] = []
    days = choice.period.days
    default = "day" if days <= DAYS_BY_DAY else "week" if days <= DAYS_BY_WEEK else "month"
    per = one_of("per", PER_TITLES, default, problems)
    measure = one_of("measure", MEASURE_TITLES, "credits", problems)
    return Asked(choice, next(known for known in PERS if known == per), measure, problems)


def one_of(name: str, known: dict[str, str], default: str, problems: list[str]) -> str:
    """The value of a query field if it is known, else its default and a sentence about it."""
    value = request.args.get(name) or default
    if value in known or value == default:
        return value
    shown = known[default].lower() if default in known else "all"
    problems.append(f"The address asks for an unknown {name}; the page is shown by {shown}.")
    return default
