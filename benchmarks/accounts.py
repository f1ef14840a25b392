"""Accounts with a million customers: how long an answer takes to each key pressed, and what a list costs."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from random import Random
from statistics import median
from uuid import UUID

from sqlalchemy import text

from benchmarks.results import Result
from benchmarks.scratch import Scratch
from dashboard.db import snapshot
from dashboard.engine.lookups import read_lookup
from dashboard.reports.support.accounts import LISTS, accounts_page
from dashboard.reports.support.found import find
from dashboard.reports.support.timeline import Cursor, timeline_page

CUSTOMERS = 1_000_000
ENTRIES = 100_000
BAR_MS, BAR_PAGE_MS, BAR_RATIO, BAR_GROWTH = 20, 40, 30, 1.5
PEOPLE_TYPED, ROUNDS, WARM = 60, 200, 10
FOUND, IN_PALETTE, LISTED = 25, 6, 12
FIRST = [
    "Ada",
    "Bea",
    "Cleo",
    "Dora",
    "Emil",
    "Finn",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kaja",
    "Luca",
    "Mira",
    "Nils",
    "Olga",
    "Paula",
    "Rosa",
    "Sanne",
    "Teresa",
    "Uma",
]
LAST = [
    "Almeida",
    "Bianchi",
    "Castell",
    "Dvorak",
    "Eriksen",
    "Farkas",
    "Grande",
    "Hoekstra",
    "Ibsen",
    "Jansen",
    "Kaplan",
    "Lindholm",
    "Moretti",
]
# The reference of the same run: one customer by the primary key, through the same connection.
BY_KEY = "select name from users where id = :id"

# Names of two or three words; each last name has a number's letters behind it, so that there are many.
PEOPLE = """
insert into users (id, email, name, registered_at)
select
    md5('customer' || n)::uuid,
    lower((%(first)s::text[])[1 + n %% 20]) || '.' || translate(n::text, '0123456789', 'abcdefghij') || '@customer-' || n %% 997 || '.example',
    (%(first)s::text[])[1 + n %% 20] || ' ' || (%(last)s::text[])[1 + n / 20 %% 13] || translate((n / 260)::text, '0123456789', 'abcdefghij')
        || case when n %% 3 = 0 then ' Freight' else '' end,
    timestamptz '2026-01-01' + n * interval '10 seconds'
from generate_series(1, %(customers)s) as n
"""
BALANCES = """
insert into user_credit_balance (user_id, amount, last_seq, last_created_at, last_deduction_at)
select id, trunc(random() * 20000), 0, now(), now() - random() * interval '60 days' from users
on conflict do nothing
"""
# One customer with a long ledger: what a page of it costs must not show.
BUSY = """
insert into credit_deduction_ledger (
    user_id, seq, amount, balance_before, balance_after, reason, request_id, created_at, prev_created_at
)
select
    md5('customer1')::uuid, n, case when n = 1 then 1000000 else -1 end,
    case when n = 1 then 0 else 1000002 - n end, 1000001 - n, case when n = 1 then 'opening' else 'usage' end,
    case when n > 1 then gen_random_uuid() end,
    timestamptz '2026-02-01' + n * interval '1 minute',
    case when n > 1 then timestamptz '2026-02-01' + (n - 1) * interval '1 minute' end
from generate_series(1, %s) as n
"""

USED = """
insert into token_usage_ledger (
    user_id, request_id, provider_id, model_id, service, request_type, status, key_mode, user_tier_at_request,
    input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, cost_status, vendor_cost, multiplier_scope,
    margin_multiplier, credit_value_usd, unit_usd, increment, credits_due, credits_deducted, credits_uncovered,
    rounding_gain_usd, realised_revenue_usd, deduction_seq, body_sha256, request_started_at, created_at, accounted_at
)
select
    user_id, request_id, (select id from providers where name = 'openai'), 'gpt-4o', 'chat', 'completion', 'success',
    'system', 'free', 1, 0, 0, 1, 'reported', 0.0005, 'tier', 2, 0.001, 0.001, 1, 1, 1, 0, 0, 0, seq, sha256('x'),
    created_at, created_at, created_at
from credit_deduction_ledger
where user_id = md5('customer1')::uuid and reason = 'usage'
"""


def measure(scratch: Scratch) -> list[Result]:
    _fill(scratch)
    chance = Random(5)
    keystrokes = [typed for _ in range(PEOPLE_TYPED) for typed in _typing(chance)]
    with scratch.app.app_context():
        by_key = _p95(partial(_by_key, chance))
        searching, palette = (
            _p95_of([_timed(partial(_search, typed, most)) for typed in (*keystrokes[:WARM], *keystrokes)][WARM:])
            for most in (FOUND, IN_PALETTE)
        )
        lists = {order: _p95(partial(_list, order), LISTED) for order in LISTS}
        growth = _growth()
    page = _page(scratch, keystrokes)
    ratio = searching / by_key
    keys = f"each of {len(keystrokes):,} keys"
    return [
        Result(
            f"search, {CUSTOMERS:,} customers, {keys}: p95",
            f"{searching:.1f} ms",
            f"≤ {BAR_MS} ms",
            searching <= BAR_MS,
        ),
        Result(f"the palette’s search, {keys}: p95", f"{palette:.1f} ms", f"≤ {BAR_MS} ms", palette <= BAR_MS),
        Result("one customer by primary key, same run: p95", f"{by_key:.2f} ms", "", None),
        Result("search ÷ primary key", f"{ratio:.1f}", f"≤ {BAR_RATIO}", ratio <= BAR_RATIO),
        Result(f"the server’s whole answer, {keys}: p95", f"{page:.1f} ms", f"≤ {BAR_PAGE_MS} ms", page <= BAR_PAGE_MS),
        *(Result(f"list “{order}”, first page: p95", f"{took:.0f} ms", "", None) for order, took in lists.items()),
        Result(
            f"timeline of one customer: a page at entry {ENTRIES:,} ÷ at entry 100, medians",
            f"{growth:.2f}",
            f"≤ {BAR_GROWTH}",
            growth <= BAR_GROWTH,
        ),
    ]


def _fill(scratch: Scratch) -> None:
    """Beside the demo's own customers; only once in a folder that is kept."""
    with scratch.owner() as connection:
        counted = connection.execute("select count(*) from users").fetchone()
        if counted and counted[0] >= CUSTOMERS:
            return
        scratch.flask("demo")
        connection.execute(PEOPLE, {"first": FIRST, "last": LAST, "customers": CUSTOMERS})
        connection.execute(BALANCES)
        connection.execute(BUSY, [ENTRIES])
        connection.execute(USED)
        connection.execute(
            "update user_credit_balance set last_seq = %s where user_id = md5('customer1')::uuid", [ENTRIES]
        )
        connection.execute("vacuum analyze")


def _typing(chance: Random) -> Iterator[str]:
    """Somebody types a name, an address, or a later word, key by key."""
    number = chance.randint(1, CUSTOMERS)
    letters = str(number).translate(str.maketrans("0123456789", "abcdefghij"))
    whole = chance.choice(
        (f"{FIRST[number % 20]} {LAST[number // 20 % 13]}", f"{FIRST[number % 20]}.{letters}@", LAST[number // 20 % 13])
    )
    return (whole[:length] for length in range(1, len(whole) + 1))


def _search(typed: str, most: int) -> None:
    with snapshot() as connection:
        find(connection, read_lookup(typed), most=most, now=datetime.now(UTC))


def _by_key(chance: Random) -> None:
    with snapshot() as connection:
        connection.execute(text(BY_KEY), {"id": UUID(int=chance.getrandbits(128))}).all()


def _list(order: str) -> None:
    with snapshot() as connection:
        accounts_page(connection, order, None, now=datetime.now(UTC))


def _timeline(seq: int) -> None:
    with snapshot() as connection:
        one = connection.execute(text("select cast(md5('customer1') as uuid)")).scalar_one()
        timeline_page(connection, one, "all", Cursor(seq=seq), now=datetime.now(UTC))


def _growth() -> float:
    """A page at the end of the long ledger against one at its beginning, turn by turn, by their medians."""
    rounds = [[_timed(partial(_timeline, seq)) for seq in (100, ENTRIES)] for _ in range(ROUNDS)]
    short, long = (median(column) for column in zip(*rounds[WARM:], strict=True))
    return float(long / short)


def _page(scratch: Scratch, keystrokes: list[str]) -> float:
    """The whole answer of the server, as htmx asks for it at each key."""
    client = scratch.signed_in("support@ledgerline.test")
    headers = {"HX-Request": "true", "HX-Target": "div#support-accounts-list"}

    def press(typed: str) -> None:
        answer = client.get("/support/accounts", query_string={"q": typed}, headers=headers)
        if answer.status_code != 200:
            raise RuntimeError(f"{typed!r} was answered {answer.status_code}")

    return _p95_of([_timed(partial(press, typed)) for typed in keystrokes])


def _timed(act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def _p95(act: Callable[[], None], rounds: int = ROUNDS) -> float:
    return _p95_of([_timed(act) for _ in range(rounds + WARM)][WARM:])


def _p95_of(taken: list[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.95) - 1]
