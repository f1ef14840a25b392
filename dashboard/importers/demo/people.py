"""The customers of the demo: invented people at invented companies."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import NAMESPACE_URL, uuid5

from dashboard.engine.customers import NewCustomer
from dashboard.engine.grants import PAID_PRIORITY, PROMOTIONAL_PRIORITY, CreditGrant


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, so that a list of names stays readable."""
    return tuple(text.split())


# Plan, how many customers, and how much one of them uses, relative to the others.
PLANS = (
    ("free", 128, 0.35),
    ("pro", 76, 1.5),
    ("pro_max", 28, 4.0),
    ("enterprise_pro", 14, 15.0),
    ("enterprise_max", 4, 45.0),
)
FIRST_NAMES = words(
    "Ada Amara Anders Anika Bruno Carla Chidi Clara Dario Elif Emeka Erik Farah Felix Freya Giulia Hana Hugo Ines "
    "Ivo Jonas Kaja Kenji Lara Leif Lina Luca Maia Marek Mira Nadia Nils Noor Olu Paula Petra Rafael Rosa Sami Sanne "
    "Silje Tariq Teresa Tomas Uma Vera Viktor Wanda Yara Zeno"
)
LAST_NAMES = words(
    "Abara Almeida Bergström Bianchi Castell Demir Dvorak Eriksen Farkas Fontaine Grande Haddad Hoekstra Ibsen Jansen "
    "Kaplan Kowalski Laurent Lindholm Maro Meyer Moretti Nakata Novak Okoye Olsen Pereira Quist Ricci Rossi Santos "
    "Sato Schreiber Solberg Tanaka Tessier Uddin Varga Weiss Zeller"
)
COMPANIES = words(
    "amberfield birchline bluequill brightloom cedarworks coralbay deltaforge eastmoor fernhill glasswing graniteway "
    "harbourlight inkwell juniper kitewood lanternly maplecroft northlake oakmere opaline pinecrest quietriver rookery "
    "saltmarsh silverbirch slatehill stonebridge thistledown umberly vantage westering willowmere yarrowfield zephyrine"
)
# Invented people keep their ids from demo to demo; a real customer's is random.
CUSTOMERS = uuid5(NAMESPACE_URL, "https://ledgerline.example/customer")
DAYS_BEFORE = 300
SHARE_OF_OLD = 0.6
SHARE_ANNUAL = 0.25
POWER_USERS = 3
POWER = 6
OWN_KEYS = 3


def chance(random: Random, share: float) -> bool:
    """Whether something that happens in that share of cases happens now."""
    return random.random() < share


@dataclass(frozen=True, slots=True)
class Person:
    """A customer, how much they use, and whether they bring their own key."""

    customer: NewCustomer
    weight: float
    has_own_key: bool


def people(random: Random, first_day: datetime, now: datetime) -> list[Person]:
    """Return the 250 customers; three fifths were there before the first day, the others joined since."""
    names = [(first, last) for first in FIRST_NAMES for last in LAST_NAMES]
    random.shuffle(names)
    made = []
    for tier, number, weight in PLANS:
        for place in range(number):
            customer = _customer(random, names.pop(), tier, _start(random, first_day, now))
            # Some free and pro customers use far more than their plan holds, and run out.
            factor = POWER if tier in {"free", "pro"} and place < POWER_USERS else 1
            own_key = tier in {"pro", "pro_max"} and POWER_USERS <= place < POWER_USERS + OWN_KEYS
            made.append(Person(customer, weight * factor * random.lognormvariate(0, 0.6), own_key))
    return made


def extra_grants(random: Random, cast: list[Person], first_day: datetime, now: datetime) -> list[CreditGrant]:
    """Return promotions that expire and credit packs that were paid for, at moments within the ninety days."""
    # Packs are bought by those whose plan runs out.
    buyers = sorted((person for person in cast if person.customer.tier in {"pro", "pro_max"}), key=_by_weight)[-60:]
    promoted = [_promotion(random, person.customer, first_day, now) for person in random.sample(cast, 60)]
    return promoted + [_pack(random, person.customer, first_day, now) for person in random.sample(buyers, 36)]


def _by_weight(person: Person) -> float:
    return person.weight


def _customer(random: Random, name: tuple[str, str], tier: str, started_at: datetime) -> NewCustomer:
    first, last = name
    address = f"{first}.{last}@{random.choice(COMPANIES)}.example".lower().replace("ö", "o")
    annual = tier != "free" and chance(random, SHARE_ANNUAL)
    return NewCustomer(
        email=address,
        name=f"{first} {last}",
        tier=tier,
        billing_cycle="annual" if annual else "monthly",
        started_at=started_at,
        reset_day=started_at.day if chance(random, 0.5) else random.randint(1, 31),
        user_id=uuid5(CUSTOMERS, address),
    )


def _start(random: Random, first_day: datetime, now: datetime) -> datetime:
    if chance(random, SHARE_OF_OLD):
        day = first_day - timedelta(days=random.randint(1, DAYS_BEFORE))
    else:
        day = first_day + timedelta(days=random.randrange(max(1, (now - first_day).days - 3)))
    return day + timedelta(hours=random.randint(7, 19), minutes=random.randint(0, 59))


def _promotion(random: Random, customer: NewCustomer, first_day: datetime, now: datetime) -> CreditGrant:
    effective_at = _moment(random, customer, first_day, now)
    return CreditGrant(
        user_id=customer.user_id,
        id=uuid5(customer.user_id, "demo promotion"),
        source="bonus",
        category="promotional",
        granted=Decimal(random.choice((1_000, 2_500, 5_000))),
        paid_usd=Decimal(0),
        effective_at=effective_at,
        expires_at=effective_at + timedelta(days=random.choice((14, 30))),
        priority=PROMOTIONAL_PRIORITY,
        origin="Welcome promotion",
        reason="bonus",
    )


def _pack(random: Random, customer: NewCustomer, first_day: datetime, now: datetime) -> CreditGrant:
    effective_at = _moment(random, customer, first_day, now)
    credits_bought, paid_usd = random.choice(((5_000, 5), (10_000, 10), (50_000, 45)))
    return CreditGrant(
        user_id=customer.user_id,
        id=uuid5(customer.user_id, "demo pack"),
        source="purchase",
        category="paid",
        granted=Decimal(credits_bought),
        paid_usd=Decimal(paid_usd),
        effective_at=effective_at,
        expires_at=None,
        priority=PAID_PRIORITY,
        origin=f"Pack of {credits_bought:,}",
        reason="purchase",
    )


def _moment(random: Random, customer: NewCustomer, first_day: datetime, now: datetime) -> datetime:
    since = max(first_day, customer.started_at)
    return since + (now - since) * random.random()
