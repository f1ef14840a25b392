"""Two at the same customer: the second waits for the first and starts from what it left, step by step."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import psycopg
import pytest
from psycopg.rows import TupleRow
from sqlalchemy import make_url, text

from benchmarks.storm.company import LONG_AGO, MODEL, PROVIDER, customer, event, request_id
from benchmarks.storm.contests import DEDUCT, HOLD, REVERSE
from dashboard.embedded import Urls
from dashboard.reports.checks import broken
from tests.conftest import owned

Connection = psycopg.Connection[TupleRow]
Act = Callable[[Connection], str]
PATIENCE_SECONDS = 10
GRANTED = 10
_customers = count(1)


@pytest.fixture(scope="module")
def priced(database: Urls) -> Urls:
    with owned(database) as owner:
        owner.execute(
            text("insert into models (provider_id, id, name) values (:p, :m, 'M')"), {"p": PROVIDER, "m": MODEL}
        )
        owner.execute(
            text(
                "insert into model_provider_pricing (provider_id, model_name, input_price_per_1k, output_price_per_1k,"
                " effective_from, detected_at, source, last_verified) values (:p, :m, 1, 1, :at, :at, 'test', :at)"
            ),
            {"p": PROVIDER, "m": MODEL, "at": LONG_AGO},
        )
    return database


@pytest.fixture
def two(priced: Urls) -> Iterator[tuple[Connection, Connection]]:
    url = make_url(priced.app).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as first, psycopg.connect(url) as second:
        yield first, second
    with owned(priced) as owner:
        assert broken(owner) == {}


@pytest.fixture
def user(priced: Urls) -> str:
    """A customer of their own with ten credits."""
    user = customer(next(_customers))
    grant = {
        "user_id": user, "id": request_id(0, next(_customers)), "source": "purchase", "category": "paid",
        "granted": GRANTED, "paid_usd": 1, "effective_at": LONG_AGO.isoformat(), "expires_at": None, "priority": 10,
        "origin": "test", "reason": "purchase",
    }  # fmt: skip
    with owned(priced) as owner:
        sql = "insert into users (id, email, name, registered_at) values (:user, :mail, 'N', :at)"
        owner.execute(text(sql), {"user": user, "mail": f"{user}@example.test", "at": LONG_AGO})
        owner.execute(text("select post_grants(cast(:grants as jsonb))"), {"grants": json.dumps([grant])})
    return user


def charge(user: str, number: int, tokens: int = 1, *, function: str = "charge_one") -> Act:
    def act(connection: Connection) -> str:
        given = event(user, request_id(1, number), tokens)
        body = json.dumps(given if function == "charge_one" else [given])
        return said(connection, f"select outcome from {function}(%(body)s::jsonb)", {"body": body})

    return act


def asking(sql: str, user: str, number: int) -> Act:
    request = request_id(2, number)
    return lambda connection: said(connection, sql, {"user": user, "request": request, "body": bytes(32)})


def said(connection: Connection, sql: str, given: dict[str, object]) -> str:
    row = connection.execute(sql.encode(), given).fetchone()
    return str(row and row[0])


def one_after_the_other(two: tuple[Connection, Connection], first: list[Act], second: Act) -> str:
    """Begin the first's acts, let the second start meanwhile, finish the first; returns what the second was told."""
    leader, follower = two
    first[0](leader)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(second, follower)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not waiting.done() and not _waits(leader, follower):
            assert time.monotonic() < deadline
        for act in first[1:]:
            act(leader)
        leader.commit()
        outcome = waiting.result(PATIENCE_SECONDS)
    follower.commit()
    return outcome


def _waits(leader: Connection, follower: Connection) -> bool:
    sql = "select cardinality(pg_blocking_pids(%s)) > 0"
    row = leader.execute(sql.encode(), (follower.info.backend_pid,)).fetchone()
    return bool(row and row[0])


@pytest.mark.parametrize("function", ["charge_one", "charge_usage"])
def test_the_second_charge_starts_from_what_the_first_left(
    two: tuple[Connection, Connection], user: str, function: str
) -> None:
    first = [charge(user, number, 1, function=function) for number in (1, 2)]
    assert one_after_the_other(two, first, charge(user, 3, 4, function=function)) == "charged"
    sql = "select amount from user_credit_balance where user_id = %(user)s"
    assert said(two[0], sql, {"user": user}) == "0.000000"


@pytest.mark.parametrize("function", ["charge_one", "charge_usage"])
def test_the_same_request_sent_twice_at_once_is_charged_once(
    two: tuple[Connection, Connection], user: str, function: str
) -> None:
    act = charge(user, 1, function=function)
    assert one_after_the_other(two, [act], act) == "replayed"


def test_the_very_first_charges_of_a_customer_make_one_chain(two: tuple[Connection, Connection]) -> None:
    unknown = customer(10_000 + next(_customers))
    sql = "insert into users (id, email, name, registered_at) values (%s, %s, 'N', now())"
    two[0].execute(sql, (unknown, f"{unknown}@example.test"))
    two[0].commit()
    assert one_after_the_other(two, [charge(unknown, 1)], charge(unknown, 2)) == "charged"


def test_a_deduction_sees_what_the_charge_before_it_took(two: tuple[Connection, Connection], user: str) -> None:
    assert one_after_the_other(two, [charge(user, 1, 5)], asking(DEDUCT, user, 1)) == "short"


def test_a_hold_sees_the_hold_before_it(two: tuple[Connection, Connection], user: str) -> None:
    nine = HOLD.replace("%(body)s, 1,", "%(body)s, 9.5,")
    assert one_after_the_other(two, [asking(nine, user, 1)], asking(HOLD, user, 2)) == "short"


def test_a_reversal_sees_the_reversal_before_it(two: tuple[Connection, Connection], user: str) -> None:
    charge(user, 1, 5)(two[0])
    two[0].commit()
    assert one_after_the_other(two, [asking(REVERSE, user, 1)], asking(REVERSE, user, 1)) == "nothing_left"


def test_folding_twice_at_once_moves_each_delta_once(two: tuple[Connection, Connection], user: str) -> None:
    charge(user, 1)(two[0])
    two[0].commit()

    def fold(connection: Connection) -> str:
        return said(connection, "select fold_usage() > 0", {})

    assert one_after_the_other(two, [fold], fold) == "False"


def test_charging_goes_on_while_everything_is_rebuilt_and_nothing_is_lost(
    two: tuple[Connection, Connection], user: str
) -> None:
    rebuilder, charger = two
    for one in two:
        one.execute("set lock_timeout = '1s'")
        one.commit()
    charge(user, 1)(charger)
    charger.commit()
    # Begun before, finished during, begun during: each counts once.
    charge(user, 2)(charger)
    said(rebuilder, "select rebuild_usage()", {})
    charger.commit()
    charge(user, 3)(charger)
    charger.commit()
    rebuilder.commit()
    counted = "select sum(requests) from usage_customer_daily where user_id = %(user)s"
    assert said(rebuilder, counted, {"user": user}) == "3"
    said(rebuilder, "select fold_usage()", {})
    rebuilder.commit()
    assert said(rebuilder, counted, {"user": user}) == "3"
