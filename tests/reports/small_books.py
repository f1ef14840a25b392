"""Two customers, three grants and three requests: the smallest books every law has something to say about."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from dashboard.engine.charging import Grant
from dashboard.engine.rating import Price, Rates, Tokens, Usage
from tests.engine.worlds import CENTURY, NOON, PROVIDERS, DatedPrice, Event, World

ALICE, BOB = UUID(int=1, version=4), UUID(int=2, version=4)
SOON, LATE, BOBS = UUID(int=11, version=4), UUID(int=12, version=4), UUID(int=13, version=4)


def grant(grant_id: UUID, credits_granted: int, hours: int) -> Grant:
    amount = Decimal(credits_granted)
    return Grant(grant_id, amount, amount, Decimal(19), NOON, NOON + timedelta(hours=hours), 10)


def request(user: int, number: int, tokens: int) -> Event:
    return Event(user, UUID(int=number, version=4), PROVIDERS[0], "large", Usage(Tokens(uncached=tokens)), NOON)


WORLD = World(
    users=(ALICE, BOB),
    policies={},
    prices=[
        DatedPrice(CENTURY, None, PROVIDERS[0], "large", Price(UUID(int=21, version=4), Rates(Decimal(1), Decimal(1))))
    ],
    rules=[],
    plans=[{NOON: "pro"}, {}],
    grants=[[grant(SOON, 100, 2), grant(LATE, 1000, 5)], [grant(BOBS, 5, 5)]],
    # Alice pays from her first grant, then from both; Bob cannot pay all of his.
    batches=[[request(0, 101, 20), request(0, 102, 60), request(1, 103, 60)]],
    simulated=True,
)
