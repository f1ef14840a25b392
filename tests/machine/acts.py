"""The specification of asking first and of giving back: holds, deductions, reversals."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from tests.machine.books import Account, Books, Entry, Hold, Posting, Source, share
from tests.machine.prices import ZERO, Event

TAKEN = {"usage", "deduct", "correction"}


def held(account: Account, now: datetime) -> Decimal:
    """What open holds keep back; a hold ends by its time alone."""
    return sum((hold.credits for hold in account.holds.values() if not hold.ended and hold.expires > now), ZERO)


def spendable(account: Account, now: datetime) -> Decimal:
    """What may be asked for: the sources valid now less the open holds, at least nothing."""
    valid = (s.remaining for s in account.sources.values() if s.valid(now) and not s.expiry_posted)
    return max(ZERO, sum(valid, ZERO) - held(account, now))


def cap_left(account: Account, now: datetime) -> Decimal | None:
    """What the customer's own cap leaves of this calendar month; nothing is given back to it."""
    if account.cap is None:
        return None
    month = now.replace(day=1, hour=0, minute=0)
    charged = (e.amount for e in account.entries if e.reason in {"usage", "deduct"} and e.created >= month)
    return account.cap + sum(charged, ZERO) - held(account, now)


def refused(account: Account, amount: Decimal, now: datetime) -> str | None:
    """Why credits are refused to whoever asks for them first."""
    cap = cap_left(account, now)
    if cap is not None and amount > cap:
        return "over_cap"
    return "short" if amount > spendable(account, now) else None


def hold(books: Books, user: str, request: str, amount: Decimal, now: datetime, lives: timedelta) -> str:
    """Keep credits back for a request; asked again, the first answer."""
    account = books.accounts[user]
    if request in account.holds:
        return "replayed" if account.holds[request].credits == amount else "conflict"
    if (user, request) in books.usage or request in account.deductions:
        return "conflict"
    why = refused(account, amount, now)
    if why is None:
        account.holds[request] = Hold(amount, now + lives)
    return why or "held"


def settle(books: Books, event: Event, now: datetime) -> str:
    """Charge what was really used, also after the hold's time, and end the hold."""
    account = books.accounts[event.user]
    found = account.holds[event.request_id]
    if found.ended == "released":
        return "released"
    if books.charge([event], now) == ["conflict"]:
        return "conflict"
    was, found.ended = found.ended, "settled"
    return "replayed" if was else "settled"


def release(books: Books, user: str, request: str) -> str:
    """Give back what was held."""
    found = books.accounts[user].holds[request]
    if found.ended:
        return "settled" if found.ended == "settled" else "replayed"
    found.ended = "released"
    return "released"


def deduct(books: Books, user: str, request: str, amount: Decimal, now: datetime) -> str:
    """Take credits if they are there, else write nothing."""
    account = books.accounts[user]
    if request in account.deductions:
        return "replayed" if account.deductions[request] == amount else "conflict"
    if (user, request) in books.usage:
        return "conflict"
    why = refused(account, amount, now)
    if why is None:
        account.deductions[request] = amount
        account.append(now, "deduct", account.draw(amount, now), request)
    return why or "deducted"


def reverse(
    books: Books, user: str, seq: int, amount: Decimal | None, now: datetime, grace: timedelta, ids: Iterator[str]
) -> str:
    """Give back what an entry took, all that is left or less, to the last source drawn first."""
    account = books.accounts[user]
    entry = account.entries[seq - 1]
    if entry.amount > 0 or entry.reason not in TAKEN:
        return "not_reversible"
    left = -entry.amount - sum(entry.returned.values(), ZERO)
    if left == 0:
        return "nothing_left"
    rest = left if amount is None else amount
    if rest > left:
        return "more_than_left"
    postings = []
    for posting in reversed(entry.postings):
        back = min(rest, -posting[1] - entry.returned.get(posting[0], ZERO))
        if back:
            rest -= back
            postings.append(_give_back(account, entry, posting, back, now, grace, ids))
    account.append(now, "reversal", postings, entry.request_id).reverses = seq
    return "reversed"


def _give_back(
    account: Account, entry: Entry, posting: Posting, back: Decimal, now: datetime, grace: timedelta, ids: Iterator[str]
) -> Posting:
    """Give credits back to their source; if its time is over, to a new one that carries their revenue."""
    source = account.sources[posting[0]]
    before = entry.returned.get(source.id, ZERO)
    entry.returned[source.id] = before + back
    if not source.expiry_posted and (source.expires is None or now < source.expires):
        return source.id, back, source.move(back)
    realised = share(posting[2], before, -posting[1]) - share(posting[2], before + back, -posting[1])
    new = Source(next(ids), source.category, back, back, -realised, now, now + grace, source.priority, now)
    account.sources[new.id] = new
    return new.id, back, realised
