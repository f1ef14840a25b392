"""The model as text, a line each, to be compared with what stands in the database."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, localcontext

from tests.machine.acts import spendable
from tests.machine.books import Account, Books, Charged
from tests.machine.prices import ZERO


def lines(books: Books, now: datetime) -> Iterator[str]:
    """Say everything the model knows, in the words of Ledgerline.state()."""
    for user, account in books.accounts.items():
        yield from _account(user, account, now)
    for charged in books.usage.values():
        yield _usage(charged)
    yield from _days(books)


def _account(user: str, account: Account, now: datetime) -> Iterator[str]:
    if account.entries:
        yield _line("balance", user, account.balance, len(account.entries))
    for source in account.sources.values():
        yield _line(
            "source", user, source.id, source.category, source.granted, source.remaining, source.paid,
            source.effective, source.expires, "t" if source.expiry_posted else "f",
        )  # fmt: skip
    left = spendable(account, now)
    for request, hold in account.holds.items():
        yield _line("hold", user, request, hold.credits, hold.expires, hold.ended, left)
    for entry in account.entries:
        moved = [value for posting in entry.postings for value in posting]
        yield _line(
            "entry", user, entry.seq, entry.amount, entry.after, entry.reason, entry.request_id, entry.reverses or 0,
            entry.created, *moved,
        )  # fmt: skip


def _usage(charged: Charged) -> str:
    event, rated = charged.event, charged.rated
    with localcontext(prec=80):
        gain = ZERO if rated.value is None else rated.due * rated.unit - rated.value
    return _line(
        "usage", event.user, event.request_id, rated.tier, rated.cost_status, rated.price_id, rated.cost, rated.scope,
        rated.multiplier, rated.value, rated.unit, rated.increment, rated.due, charged.deducted,
        rated.due - charged.deducted, gain, charged.realised, charged.seq or 0, charged.created,
    )  # fmt: skip


def _days(books: Books) -> Iterator[str]:
    """A day's totals by customer: what was used, and what was given back on the day it was and of the day it was."""
    totals: dict[tuple[object, ...], list[Decimal]] = defaultdict(lambda: [ZERO] * 7)
    for charged in books.usage.values():
        rated = charged.rated
        used = (Decimal(1), rated.cost or ZERO, rated.due, charged.deducted, rated.due - charged.deducted, ZERO, ZERO)
        _add(totals[_key(charged, charged.event.started)], used)
    for user, account in books.accounts.items():
        for entry in account.entries:
            taken = account.entries[entry.reverses - 1] if entry.reverses else None
            if taken and taken.reason == "usage":
                charged = books.usage[user, str(taken.request_id)]
                _add(totals[_key(charged, entry.created)], (ZERO,) * 5 + (entry.amount, ZERO))
                _add(totals[_key(charged, charged.event.started)], (ZERO,) * 6 + (entry.amount,))
    for key, sums in totals.items():
        yield _line("day", *key, *sums)


def _key(charged: Charged, at: datetime) -> tuple[object, ...]:
    event = charged.event
    return event.user, at.date(), event.provider, event.model, charged.rated.tier, event.status


def _add(totals: list[Decimal], values: tuple[Decimal, ...]) -> None:
    with localcontext(prec=80):
        for place, value in enumerate(values):
            totals[place] += value


def _line(*values: object) -> str:
    return " ".join(_text(value) for value in values)


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None))
    return "-" if value is None else str(value)


def plain(value: Decimal) -> str:
    """A number without trailing zeros, as trim_scale() writes it."""
    written = format(value, "f")
    return (written.rstrip("0").rstrip(".") if "." in written else written) or "0"
