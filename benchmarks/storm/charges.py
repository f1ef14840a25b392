"""Charging while everything is killed: every acknowledged charge is there once, none twice."""

import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from random import Random
from threading import Event, Thread
from typing import Any

import psycopg

from benchmarks.scratch import Scratch
from benchmarks.storm.askers import Asker, HttpAsker, Seen, SqlAsker, blamed, serving
from benchmarks.storm.company import CREDITS_A_REQUEST, Connection, connect, customer, found, request_id
from benchmarks.storm.killer import Killer

HOT_SHARE, TWICE_SHARE = 0.2, 0.1
APART = 64
# A rebuild is followed by so many times its own length without one.
REBUILDS_APART = 8
LONGEST_OUTAGE_SECONDS = 120


@dataclass(frozen=True)
class Size:
    """How large a storm is."""

    charges: int = 200_000
    clients: int = 32
    customers: int = 1000
    kills: int = 50


def storm(own: Scratch, seed: int, size: Size, *, over_http: bool = False) -> list[str]:
    """Run the storm; returns what is wrong, nothing if all is well. Prints what happened."""
    # Every second customer can pay for all, the others run dry on the way: uncovered, never negative.
    rich = size.charges * CREDITS_A_REQUEST
    found(own, seed, [rich if number % 2 == 0 else 20 for number in range(size.customers)])
    tasks, seen, numbers = _tasks(seed, size), Seen(), count()
    with ExitStack() as stack:
        web = stack.enter_context(serving(own)) if over_http else None
        askers = [HttpAsker(web.port, web.key, seen) if web else SqlAsker(own, seen) for _ in range(size.clients)]
        clients = [Thread(target=_client, args=(asker, tasks, numbers, seen), daemon=True) for asker in askers]
        processes = {"web worker": web.workers, "job worker": web.jobs} if web else {}
        killer = Killer(own, seed, size.kills, lambda: len(seen.acknowledged) / len(tasks), processes)
        stop = Event()
        folding = [Thread(target=_fold, args=(own, seed, stop, seen), daemon=True) for _ in range(2)]
        started = time.monotonic()
        for thread in (killer, *folding, *clients):
            thread.start()
        for client in clients:
            client.join()
        seconds = time.monotonic() - started
        stop.set()
        killer.stop()
        for thread in folding:
            thread.join()
    print(
        f"  {len(tasks):,} calls for {size.charges:,} charges from {size.clients} clients over {size.customers:,} customers"
        f" in {seconds:.0f} s ({len(tasks) / seconds:,.0f}/s); killed {dict(killer.killed)};"
        f" {seen.unknown:,} calls whose outcome was unknown were sent again, {seen.unavailable:,} of them after a 503;"
        f" longest start {killer.longest_recovery:.1f} s"
    )
    return [*killer.refused, *_missing_kills(killer, size), *wrong(own, tasks, seen)]


def _tasks(seed: int, size: Size) -> list[tuple[str, str]]:
    """Each charge, a fifth of them of one customer; a tenth comes twice, at about the same time."""
    chance = Random(f"{seed}/tasks")
    placed = []
    for number in range(size.charges):
        user = 0 if chance.random() < HOT_SHARE else chance.randrange(1, size.customers)
        task = customer(user), request_id(seed, number)
        placed.append((float(number), task))
        if chance.random() < TWICE_SHARE:
            placed.append((number + chance.random() * APART, task))
    return [task for _, task in sorted(placed)]


def _client(asker: Asker, tasks: list[tuple[str, str]], numbers: "count[int]", seen: Seen) -> None:
    while (number := next(numbers)) < len(tasks):
        user, request = tasks[number]
        deadline = time.monotonic() + LONGEST_OUTAGE_SECONDS
        while (said := asker.ask(user, request)) is None and time.monotonic() < deadline:
            seen.unknown += 1
            time.sleep(0.05)
        if said is None:
            seen.failures["gave up"] += 1
        elif said != "failed":
            seen.acknowledged.append((user, request, said))
    asker.close()


def _fold(own: Scratch, seed: int, stop: Event, seen: Seen) -> None:
    chance = Random(f"{seed}/fold")
    connection: Connection | None = None
    # A rebuild reads all the books: the larger they are, the rarer, or the storm is one of rebuilding.
    rebuilds_at = 0.0
    while not stop.wait(chance.random()):
        started = time.monotonic()
        try:
            connection = connection or connect(own)
            if started >= rebuilds_at:
                connection.execute("select rebuild_usage()")
                rebuilds_at = time.monotonic() + REBUILDS_APART * (time.monotonic() - started)
            else:
                connection.execute("select fold_usage(5000)")
        except psycopg.OperationalError as error:
            seen.failures[f"fold: {type(error).__name__}"] += blamed(error)
            if connection:
                connection.close()
            connection = None
    if connection:
        connection.close()


def _missing_kills(killer: Killer, size: Size) -> list[str]:
    return [] if killer.is_through else [f"killed only {killer.killed.total()} times of {size.kills}: make it longer"]


def wrong(own: Scratch, tasks: list[tuple[str, str]], seen: Seen) -> list[str]:
    """Compare what was acknowledged with the books, and ask for every law."""
    with own.owner() as owner:
        rows = owner.execute("select user_id::text, request_id::text from token_usage_ledger").fetchall()
    books = Counter((str(user), str(request)) for user, request in rows)
    wanted, charged = (
        set(tasks),
        Counter((user, request) for user, request, said in seen.acknowledged if said == "charged"),
    )
    complaints: dict[str, set[Any]] = {
        "acknowledged charges are missing": {(user, request) for user, request, _ in seen.acknowledged} - books.keys(),
        "charges nobody asked for": books.keys() - wanted,
        "requests were never charged": wanted - books.keys(),
        "requests stand twice": {key for key, times in books.items() if times > 1},
        "requests were acknowledged as new twice": {key for key, times in charged.items() if times > 1},
        "conflicts": {said for _, _, said in seen.acknowledged if said not in {"charged", "replayed"}},
    }
    found_wrong = [f"{len(those)} {words}" for words, those in complaints.items() if those]
    if +seen.failures:
        found_wrong.append(f"clients failed: {dict(+seen.failures)}")
    return [*found_wrong, *unproven(own)]


def unproven(own: Scratch) -> list[str]:
    """Run `flask check`; and look for deadlocks in the server's log."""
    own.flask("audit", "seal")
    checked = own.flask("check", check=False)
    log = next(own.settings.data_dir.resolve().glob("postgres-*/server.log")).read_text(
        encoding="utf-8", errors="replace"
    )
    deadlocks = log.count("deadlock detected")
    return [
        *([f"flask check: {checked.stdout[-2000:]}{checked.stderr[-500:]}"] if checked.returncode else []),
        *([f"{deadlocks} deadlocks"] if deadlocks else []),
    ]
