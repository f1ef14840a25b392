"""The specification of the books: plain dictionaries that say what every act does to a customer's credits."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

from tests.machine.prices import ZERO, Catalogue, Event, Rated

NEVER = datetime.max.replace(tzinfo=UTC)
Key = tuple[str, str]
Posting = tuple[str, Decimal, Decimal]


def share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Return amount × part ÷ whole, half up at 18 decimals."""
    exact = Fraction(amount) * Fraction(part) / Fraction(whole) * 10**18
    with localcontext(prec=80):
        return Decimal((2 * exact.numerator + exact.denominator) // (2 * exact.denominator)).scaleb(-18)


@dataclass
class Source:
    """A lot of credits."""

    id: str
    category: str
    granted: Decimal
    remaining: Decimal
    paid: Decimal
    effective: datetime
    expires: datetime | None
    priority: int
    created: datetime
    expiry_posted: bool = False

    def valid(self, instant: datetime) -> bool:
        """Whether it may pay at that instant: from its start, until just before its expiry."""
        return self.effective <= instant and (self.expires is None or instant < self.expires)

    def realised(self, gone: Decimal) -> Decimal:
        """What was really paid for the first `gone` credits of it, half up at 18 decimals."""
        return share(self.paid, gone, self.granted)

    def move(self, amount: Decimal) -> Decimal:
        """Take (negative) or put back credits; returns the revenue this realises."""
        before = self.granted - self.remaining
        self.remaining += amount
        with localcontext(prec=80):
            return self.realised(before - amount) - self.realised(before)


@dataclass
class Entry:
    """One movement of a balance and the sources it moved."""

    seq: int
    amount: Decimal
    after: Decimal
    reason: str
    request_id: str | None
    postings: list[Posting]
    created: datetime
    reverses: int | None = None
    returned: dict[str, Decimal] = field(default_factory=dict)

    @property
    def realised(self) -> Decimal:
        with localcontext(prec=80):
            return sum((realised for _, _, realised in self.postings), ZERO)


@dataclass(frozen=True)
class Charged:
    """One request as it stands in the usage ledger."""

    event: Event
    rated: Rated
    deducted: Decimal
    realised: Decimal
    seq: int | None
    created: datetime


@dataclass
class Hold:
    """Credits kept back for a request until it is settled or released or its time is over."""

    credits: Decimal
    expires: datetime
    ended: str | None = None


@dataclass
class Account:
    """One customer's sources and chain of entries."""

    sources: dict[str, Source] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    holds: dict[str, Hold] = field(default_factory=dict)
    deductions: dict[str, Decimal] = field(default_factory=dict)
    cap: Decimal | None = None

    @property
    def balance(self) -> Decimal:
        return sum((source.remaining for source in self.sources.values()), ZERO)

    def append(self, now: datetime, reason: str, postings: list[Posting], request_id: str | None = None) -> Entry:
        """Write the next entry; time never goes back in a chain."""
        created = max(now, self.entries[-1].created) if self.entries else now
        amount = sum((moved for _, moved, _ in postings), ZERO)
        entry = Entry(len(self.entries) + 1, amount, self.balance, reason, request_id, postings, created)
        self.entries.append(entry)
        return entry

    def draw(self, wanted: Decimal, instant: datetime) -> list[Posting]:
        """Take up to what is wanted: soonest expiry first, then priority, then the oldest, then by id."""
        postings = []
        for source in sorted(self.sources.values(), key=draw_order):
            if wanted and source.remaining and source.valid(instant) and not source.expiry_posted:
                taken = min(wanted, source.remaining)
                wanted -= taken
                postings.append((source.id, -taken, source.move(-taken)))
        return postings


def draw_order(source: Source) -> tuple[datetime, int, datetime, str]:
    """Soonest expiry first, never last."""
    return source.expires or NEVER, source.priority, source.effective, source.id


@dataclass
class Books:
    """All accounts, the usage ledger, and the day's totals pages show."""

    catalogue: Catalogue
    accounts: dict[str, Account] = field(default_factory=lambda: defaultdict(Account))
    usage: dict[Key, Charged] = field(default_factory=dict)

    def grant(self, given: Iterable[tuple[str, Source, str]], now: datetime) -> int:
        """Add sources that are not known yet; returns how many."""
        fresh = {
            (user, source.id): (user, source, reason)
            for user, source, reason in given
            if source.id not in self.accounts[user].sources
        }
        for user, source, reason in sorted(fresh.values(), key=lambda item: (item[1].effective, item[1].id)):
            account = self.accounts[user]
            account.sources[source.id] = source
            source.created = now
            account.append(now, reason, [(source.id, source.granted, ZERO)])
        return len(fresh)

    def charge(self, batch: Sequence[Event], now: datetime) -> list[str]:
        """Charge each request once, for ever; say what became of each event."""
        fresh: dict[Key, int] = {}
        for position, event in enumerate(batch):
            # An id that has paid for a deduction cannot pay for usage as well.
            paid = event.request_id in self.accounts[event.user].deductions
            if not paid and (event.user, event.request_id) not in self.usage:
                fresh.setdefault((event.user, event.request_id), position)
        for event in sorted(
            (batch[place] for place in fresh.values()), key=lambda e: (e.user, e.started, e.request_id)
        ):
            self._charge(event, now)
        outcomes = []
        for position, event in enumerate(batch):
            key = (event.user, event.request_id)
            same = key in self.usage and self.usage[key].event == event
            outcomes.append("charged" if fresh.get(key) == position else "replayed" if same else "conflict")
        return outcomes

    def _charge(self, event: Event, now: datetime) -> None:
        account = self.accounts[event.user]
        rated = self.catalogue.rate(event)
        postings = account.draw(rated.due, event.started)
        previous = account.entries[-1].created if account.entries else now
        entry = account.append(now, "usage", postings, event.request_id) if postings else None
        self.usage[event.user, event.request_id] = Charged(
            event=event,
            rated=rated,
            deducted=-entry.amount if entry else ZERO,
            realised=entry.realised if entry else ZERO,
            seq=entry.seq if entry else None,
            created=max(now, previous),
        )

    def expire(self, now: datetime, grace: timedelta) -> int:
        """Post the expiry of what is over, a grace after the later of its expiry and its creation."""
        posted = 0
        for account in self.accounts.values():
            for source in sorted(account.sources.values(), key=lambda source: (source.expires or NEVER, source.id)):
                over = source.expires is not None and max(source.expires, source.created) + grace <= now
                if over and source.remaining and not source.expiry_posted:
                    left = source.remaining
                    source.expiry_posted = True
                    account.append(now, "expiry", [(source.id, -left, source.move(-left))])
                    posted += 1
        return posted
