"""What the machine chooses from: few values where rules compare them, so that ties and edges come up."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.machine.prices import VendorPrice

USERS = ("00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b")
PROVIDERS = tuple(f"8f0c3f5e-0d2b-5a51-9c6c-3a1f0c1d000{n}" for n in (1, 2))
MODELS = ("large", "small")
TIERS = ("free", "pro", "perpetual")


@dataclass(frozen=True)
class Request:
    """A request before it has an id and an instant."""

    user: str
    provider: str
    model: str
    tokens: tuple[int, int, int, int]
    status: str
    key_mode: str
    reported: Decimal | None
    estimated: bool
    ago: timedelta
    took: timedelta | None


@dataclass(frozen=True)
class Lot:
    """Credits before they have an id and an instant."""

    amount: Decimal
    paid: Decimal
    since: timedelta
    lives: timedelta | None
    priority: int


def amount_of(share: str, whole: Decimal) -> Decimal:
    """Turn a share into an amount of at least the smallest step."""
    least = Decimal("0.000001")
    shares = {"least": least, "half": (whole / 2).quantize(least), "all": whole, "rest": whole, "more": whole + least}
    return max(least, shares[share])


INDEX = st.integers(0, 63)
USER = st.sampled_from(USERS)
PROVIDER = st.sampled_from(PROVIDERS)
MODEL = st.sampled_from(MODELS)
STEPS = st.sampled_from([timedelta(hours=hours) for hours in (1, 2, 24, 24 * 4, 24 * 31)])
SHARES = st.sampled_from(["half", "least", "all", "half", "rest", "more"])
AMOUNTS = st.sampled_from([Decimal(text) for text in ("100", "0.000001", "33.333333", "3000", "250000")])
LIVES = st.sampled_from([timedelta(minutes=1), timedelta(minutes=10), timedelta(days=40)])
PAID = st.sampled_from([Decimal(text) for text in ("0", "19", "9.99", "0.333333333333333333")])
LOTS = st.builds(
    Lot,
    amount=AMOUNTS,
    paid=PAID,
    since=st.sampled_from([timedelta(hours=hours) for hours in (-2, 0, 0, 1)]),
    lives=st.sampled_from([None, *(timedelta(hours=hours) for hours in (2, 3, 24, 24 * 30))]),
    priority=st.sampled_from([10, 20]),
)
MULTIPLIERS = st.sampled_from([None, *(Decimal(text) for text in ("1", "1.2", "1.2345", "3", "0.0001", "99.99"))])
TOKENS = st.tuples(*[st.sampled_from([0, 100, 200, 1000, 7919])] * 4)
RATE = st.sampled_from([Decimal(text) for text in ("0", "0.01", "0.0333333333", "0.1")])
RATES = st.tuples(RATE, st.none() | RATE, st.none() | RATE, RATE)
PRICES = st.builds(VendorPrice, st.just(""), RATES) | st.builds(
    VendorPrice, st.just(""), RATES, st.sampled_from([100, 200, 300]), RATES
)
SCOPES = st.sampled_from(
    [
        ("combination", ("free", PROVIDERS[0], "large")),
        ("combination", ("free", None, "large")),
        ("combination", ("free", PROVIDERS[0], None)),
        ("model", (None, PROVIDERS[0], "large")),
        ("model", (None, None, "small")),
        ("provider", (None, PROVIDERS[1], None)),
        ("tier", ("perpetual", None, None)),
    ]
)
REQUESTS = st.builds(
    Request,
    user=USER,
    provider=st.sampled_from([PROVIDERS[0], *PROVIDERS]),
    model=st.sampled_from([*MODELS, *MODELS, "unheard-of"]),
    tokens=TOKENS,
    status=st.sampled_from(["success"] * 6 + ["cancelled", "failed", "rate_limited"]),
    key_mode=st.sampled_from(["system"] * 7 + ["own"]),
    reported=st.sampled_from([None] * 6 + [Decimal(0), Decimal("0.123456789012")]),
    estimated=st.sampled_from([False] * 5 + [True]),
    ago=st.sampled_from([timedelta(minutes=minutes) for minutes in (0, 0, 0, 1, 60, 120, 60 * 24 * 3)]),
    took=st.sampled_from([None, timedelta(seconds=1), timedelta(minutes=2)]),
)
