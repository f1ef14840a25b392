"""Contests: many want the last credit, many reverse the same charge; there is one winner each time."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from hashlib import sha256
from threading import Barrier

from benchmarks.scratch import Scratch
from benchmarks.storm.charges import unproven
from benchmarks.storm.company import Connection, connect, customer, event, found, request_id

HOLD = "select outcome from place_hold(%(user)s, %(request)s, %(body)s, 1, null, interval '10 minutes')"
# A deduction by the application stands in its audit log.
DEDUCT = """
    with answer as (select * from deduct_credits(%(user)s, %(request)s, %(body)s, 1)),
    line as (
        insert into audit_log (recorded_at, actor_name, actor_role, verb, object_kind, object_id)
        select now(), 'storm', 'owner', 'deduct_credits', 'credit_entry', format('%%s-%%s', %(user)s::text, seq)
        from answer
        where outcome = 'deducted'
    )
    select outcome from answer
"""
REVERSE = "select outcome from reverse_entry(%(user)s, 2, null, 'goodwill', null, null, null, interval '30 days')"

Attempt = Callable[[Connection, int, int], str]


def last_credit(own: Scratch, seed: int, rounds: int, racers: int) -> list[str]:
    """Race by deductions and holds for the last credit of a customer, a new one each round."""
    found(own, seed, [1] * rounds)

    def attempt(connection: Connection, number: int, racer: int) -> str:
        request = request_id(seed, number * racers + racer)
        given = {"user": customer(number), "request": request, "body": sha256(request.encode()).digest()}
        return said(connection, DEDUCT if racer % 2 else HOLD, given)

    return contest("last credit", own, rounds, racers, attempt, {"deducted", "held"}, {"short"})


def double_clicks(own: Scratch, seed: int, rounds: int, racers: int) -> list[str]:
    """Reverse the same charge from many sides at once."""
    found(own, seed, [100] * rounds)
    with connect(own) as connection:
        for number in range(rounds):
            body = json.dumps(event(customer(number), request_id(seed, number), tokens=10))
            connection.execute("select charge_one(%s::jsonb)", (body,))

    def attempt(connection: Connection, number: int, _racer: int) -> str:
        return said(connection, REVERSE, {"user": customer(number)})

    wrong = contest("reversals", own, rounds, racers, attempt, {"reversed"}, {"nothing_left"})
    with own.owner() as owner:
        given_back = owner.execute("select count(*) from credit_deduction_ledger where reason = 'reversal'").fetchone()
    return wrong if given_back == (rounds,) else [*wrong, f"{given_back} reversals stand in the ledger of {rounds}"]


def said(connection: Connection, sql: str, given: Mapping[str, object]) -> str:
    """Return the one word a statement answers."""
    row = connection.execute(sql.encode(), given).fetchone()
    return str(row and row[0])


def contest(
    name: str, own: Scratch, rounds: int, racers: int, attempt: Attempt, winning: set[str], losing: set[str]
) -> list[str]:
    """Let all racers start each round together; returns the rounds that had not exactly one winner."""
    barrier = Barrier(racers)

    def race(racer: int, connection: Connection) -> list[str]:
        outcomes = []
        for number in range(rounds):
            barrier.wait()
            outcomes.append(attempt(connection, number, racer))
        return outcomes

    started = time.monotonic()
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(own)) for _ in range(racers)]
        with ThreadPoolExecutor(racers) as pool:
            outcomes = list(zip(*pool.map(race, range(racers), connections), strict=True))
    seconds = time.monotonic() - started
    total = Counter(outcome for each in outcomes for outcome in each)
    print(f"  {name}: {rounds:,} rounds of {racers} in {seconds:.0f} s: {dict(total)}")
    unfair = [number for number, each in enumerate(outcomes) if sum(said in winning for said in each) != 1]
    strange = set(total) - winning - losing
    return [
        *([f"{len(unfair)} rounds without exactly one winner, first {unfair[:3]}"] if unfair else []),
        *([f"strange outcomes: {strange}"] if strange else []),
        *unproven(own),
    ]
