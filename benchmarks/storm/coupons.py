"""Coupons with three uses left, and fifty people at once: three redeem, whoever is first."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier

import psycopg

from benchmarks.scratch import Scratch
from benchmarks.storm.company import Connection, connect, customer, found

USES = 3
# As an approved request leaves them; nobody approved these, which is what the law of approvals says.
COUPONS = """
    insert into coupon (
        id, code, version, coupon_type, discount_type, discount_value, max_uses_per_user, tier_eligibility,
        billing_cycles, valid_from, credits_live_days, is_active, created_at, updated_at
    )
    select
        md5('coupon' || n)::uuid, 'STORM-' || n, 1, 'percentage', 'percentage', 10, 1, '{{free}}', '{{monthly}}',
        now() - interval '1 day', 365, true, now(), now()
    from generate_series(0, {rounds} - 1) as n
"""
COUNTERS = "insert into coupon_usage_limit (coupon_id, max_uses) select id, {uses} from coupon"
# Past the checks of the application: only what the tables and functions hold.
TAKE = """
    select take_coupon(
        %(user)s, gen_random_uuid(), md5('coupon' || %(number)s)::uuid, null, 0, 0, 19, 1.90, 1.90, 'invoice', 'free',
        'monthly', null, null, now()
    )
"""
UNFAIR = """
    select count(*)
    from coupon_usage_limit as counter
    where counter.total_uses <> {uses}
        or (select count(*) from coupon_redemption where coupon_id = counter.coupon_id) <> {uses}
"""


def coupons(own: Scratch, seed: int, rounds: int, people: int = 50) -> list[str]:
    """Race for the last three uses of a coupon, another one each round."""
    found(own, seed, [1] * people)
    with own.owner() as owner:
        owner.execute(COUPONS.format(rounds=rounds).encode())
        owner.execute(COUNTERS.format(uses=USES).encode())
    barrier, started = Barrier(people), time.monotonic()

    def race(person: int, connection: Connection) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        for number in range(rounds):
            barrier.wait()
            outcomes[_take(connection, person, number)] += 1
        return outcomes

    with ExitStack() as stack:
        connections = [stack.enter_context(connect(own)) for _ in range(people)]
        with ThreadPoolExecutor(people) as pool:
            total = sum(pool.map(race, range(people), connections), Counter[str]())
    print(f"  coupons: {rounds:,} rounds of {people} in {time.monotonic() - started:.0f} s: {dict(total)}")
    with own.owner() as owner:
        unfair = owner.execute(UNFAIR.format(uses=USES).encode()).fetchone()
    wrong = [] if total["redeemed"] == rounds * USES else [f"{total['redeemed']:,} redeemed of {rounds * USES:,}"]
    return wrong if unfair == (0,) else [*wrong, f"{unfair} coupons were not redeemed {USES} times"]


def _take(connection: Connection, person: int, number: int) -> str:
    try:
        connection.execute(TAKE.encode(), {"user": customer(person), "number": str(number)})
    except psycopg.errors.CheckViolation:
        return "refused"
    return "redeemed"
