"""What granting or taking credits would do: now, after, the limits, before the button."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dashboard.actions.deduct_by_hand import WHY
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import LIMITS, why_second_person, why_too_dear
from dashboard.engine.credits import in_words
from dashboard.pages.support.hand.form import Typed
from dashboard.pages.support.reversing import Line
from dashboard.reports.support.by_hand import Purse
from dashboard.ui.format import credits as written
from dashboard.ui.format import day


@dataclass(frozen=True, slots=True)
class Effect:
    """The consequences of an amount; `refusal` when it cannot be, `second_person` when somebody must agree."""

    amount: Decimal
    lines: list[Line]
    sentences: list[str]
    second_person: str | None
    button: str
    refusal: str | None = None


def of_grant(purse: Purse, typed: Typed, actor: Actor, given: Decimal, now: datetime) -> Effect | None:
    """What granting the credits typed would do; None without an amount."""
    amount, paid = typed.amount, typed.paid
    if amount is None or paid is None:
        return None
    customer, unit = purse.customer, purse.unit_usd
    until = f", to {_day(typed.expires_at, now)}" if typed.expires_at else ", without an end"
    lines = [
        Line("Balance, credits", customer.balance, customer.balance + amount),
        Line("Can be spent, credits", customer.spendable, customer.spendable + amount),
        Line(f"New grant{until}", None, amount),
        Line("Owed at list value", customer.balance * unit, (customer.balance + amount) * unit, "usd"),
        Line("Paid for it", None, paid, "usd"),
    ]
    why = why_second_person(actor.role, amount, given) or why_too_dear(actor.role, amount, paid, unit)
    said = ["It can be spent at once and is drawn before grants that end later."] if typed.expires_at else []
    if not paid:
        said.append("Nothing is paid for it, so what it is used for earns no realised revenue.")
    limit = LIMITS.get(actor.role)
    if limit is not None:
        used = in_words(given) if given else 0
        said.append(f"Up to {in_words(limit)} credits in 24 hours you need no second person; {used} are used.")
    credits_written = written(amount, unit=True)
    return Effect(
        amount, lines, said, why, f"Ask for approval to grant {credits_written}" if why else f"Grant {credits_written}"
    )


def of_deduction(purse: Purse, typed: Typed, now: datetime) -> Effect | None:
    """What taking the credits typed would do, grant by grant; None without an amount."""
    amount = typed.amount
    if amount is None:
        return None
    customer, unit = purse.customer, purse.unit_usd
    taken = purse.drawn_by(amount, now)
    titles = {one.id: one for one in purse.grants}
    lines = [
        Line("Balance, credits", customer.balance, customer.balance - amount),
        Line("Can be spent, credits", customer.spendable, customer.spendable - amount),
    ]
    for draw in taken.draws:
        found = titles[draw.grant_id]
        until = f", to {_day(found.expires_at, now)}" if found.expires_at else ""
        lines.append(Line(f"{found.origin}{until}", found.remaining, draw.remaining_after))
    lines += [
        Line("Owed at list value", customer.balance * unit, (customer.balance - amount) * unit, "usd"),
        Line("Realised revenue", None, taken.realised_usd, "usd_exact"),
    ]
    short = amount > customer.spendable
    refusal = (
        f"The customer can spend {in_words(customer.spendable) if customer.spendable else 0} credits."
        if short
        else None
    )
    return Effect(
        amount,
        [] if short else lines,
        ["It can be given back later, like any deduction."],
        WHY,
        f"Ask for approval to take {written(amount, unit=True)}",
        refusal,
    )


def _day(value: datetime, now: datetime) -> str:
    return day(value, year=value.year != now.year)
