"""A customer whose story is told act by act: to the database and to the model, which agree after each."""

from datetime import timedelta
from decimal import Decimal

from tests.machine import acts
from tests.machine.books import Charged, Source
from tests.machine.ledgerline import Ledgerline
from tests.machine.machine import REPLACED, Rules
from tests.machine.prices import Event, VendorPrice
from tests.machine.strategies import MODELS, PROVIDERS, USERS, Lot, Request

ADA, CAPPED = USERS
NO_TIME = timedelta(0)
D = Decimal
# A token in is $0.001, a token out $0.002; on the free tier that is two credits and four.
DOLLAR = VendorPrice("", (D(1), None, None, D(2)))


class Story(Rules):
    """The machine, told what to do."""

    @classmethod
    def of(cls, ledgerline: Ledgerline, *lots: Lot) -> "Story":
        cls.database = ledgerline
        story = cls()
        story.open(prices=[DOLLAR, DOLLAR], lots=list(lots))
        return story

    def agrees(self) -> None:
        self.every_law_holds()
        self.the_database_is_the_model()

    def uses(self, tokens: int = 10, *, buckets: tuple[int, int, int, int] | None = None, **other: object) -> Event:
        """Make a request of so many tokens in; it is free of everything else unless said."""
        given = {
            "user": ADA, "provider": PROVIDERS[0], "model": MODELS[0], "tokens": buckets or (tokens, 0, 0, 0),
            "status": "success", "key_mode": "system", "reported": None, "estimated": False, "ago": NO_TIME,
            "took": None,
        }  # fmt: skip
        return self.event(Request(**{**given, **other}))  # type: ignore[arg-type]  # each is of its field's type

    def pays(self, event: Event, *, single: bool) -> Charged:
        """Charge it by either function; returns what the model says, after the database agreed."""
        if single:
            self.charge_one(event)
        else:
            self.charge([event])
        self.agrees()
        return self.books.usage[event.user, event.request_id]

    def lot_of_ada(self, place: int) -> Source:
        return list(self.books.accounts[ADA].sources.values())[place]

    def reverses(self, seq: int, amount: Decimal | None = None) -> str:
        outcome, ids = self.database.reverse(ADA, seq, amount, REPLACED)
        assert outcome == acts.reverse(self.books, ADA, seq, amount, self.now, REPLACED, iter(ids))
        self.agrees()
        return outcome


def lot(amount: int, hours: int | None = None, *, since: int = -1, paid: str = "19", priority: int = 10) -> Lot:
    lives = None if hours is None else timedelta(hours=hours - since)
    return Lot(D(amount), D(paid), timedelta(hours=since), lives, priority)
