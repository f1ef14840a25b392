"""An incident batch killed −9 in the middle, resumed, and run again from scratch: each deduction given back once."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.scratch import ROOT, Scratch
from benchmarks.storm.batch_books import WRONG
from benchmarks.storm.charges import unproven
from benchmarks.storm.company import Connection, customer, event, found, request_id
from dashboard import db, embedded
from dashboard.actions.approve import approve
from dashboard.actions.open_incident_batch import BatchOpened, BatchWanted, open_incident_batch
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.incidents import MOST_DEDUCTIONS, IncidentFilter, Seen, written
from dashboard.store.incidents import incident_seen
from dashboard.store.operators import Operator

ACCOUNTS = (("Sam", "support"), ("Adam", "admin"), ("Anna", "admin"))
LONGEST_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Incident:
    """How large, how often killed, on which data (a folder of real traces, or made here) and by what it is run.

    `held` keeps a customer locked at each moment of a kill, so that it meets a piece of work half done.
    """

    deductions: int
    kills: int
    folder: Path | None = None
    command: tuple[str, ...] = ("worker",)
    held: bool = False


def incident(own: Scratch, seed: int, size: Incident) -> list[str]:
    """Order a batch and its twin, approve the first, kill whoever works at it, and look at the books."""
    window = _real(own, size.folder) if size.folder else _made(own, seed, size.deductions)
    sam, adam, anna = people(own)
    filtered = IncidentFilter(start=window[0], end=window[1])
    shown, seconds = _timed_preview(own, filtered)
    print(f"  preview of {shown.deductions:,} deductions of {shown.customers:,} customers: {seconds * 1000:.0f} ms")
    batch = order(own, sam, filtered, shown)
    twin = order(own, adam, filtered, shown)
    if batch.awaits is not None:
        _approve(own, anna, batch.awaits.request_id)
    if twin.awaits is not None:
        _approve(own, anna, twin.awaits.request_id)
    started = time.monotonic()
    killed = _work(own, Random(f"{seed}/incident"), size, [batch, twin])
    print(
        f"  {shown.credits:,.0f} credits in {time.monotonic() - started:.1f} s; killed: {', '.join(killed) or 'nobody'}"
    )
    own.flask("fold")
    return [*_wrong(own, batch, twin, shown, killed, size), *_again(own, adam, filtered, shown), *unproven(own)]


def _real(own: Scratch, folder: Path) -> tuple[datetime, datetime]:
    own.flask("import-customers", str(folder / "customers.csv"))
    own.flask("import-prices", str(folder / "litellm_model_prices.json"), "--format", "litellm")
    for trace in sorted(folder.glob("usage_*.csv")):
        own.flask("import-usage", str(trace))
    with own.owner() as owner:
        row = owner.execute(
            "select min(date_trunc('month', request_started_at, 'UTC')) from token_usage_ledger"
        ).fetchone()
    start: datetime = (row or (datetime.now(UTC),))[0]
    return start, start + timedelta(days=30)


def _made(own: Scratch, seed: int, deductions: int) -> tuple[datetime, datetime]:
    customers = max(1, deductions // 30)
    found(own, seed, [1_000_000] * customers)
    events = [
        {**event(customer(number % customers), request_id(seed, number), tokens=1 + number % 5), "position": number}
        for number in range(deductions)
    ]
    with own.owner() as owner:
        owner.execute("select count(*) from charge_usage(%s::jsonb)", (json.dumps(events),))
    now = datetime.now(UTC)
    return now - timedelta(days=1), now


def people(own: Scratch) -> list[Actor]:
    """Open accounts for support and two admins."""
    now = datetime.now(UTC)
    hired = []
    with own.app.app_context(), db.transaction() as session:
        for name, role in ACCOUNTS:
            account = Operator(
                id=uuid4(),
                person_id=uuid4(),
                email=f"{name.lower()}@storm.test",
                name=name,
                role=role,
                status="active",
                is_demo=False,
                password_hash="x",
                created_at=now,
                updated_at=now,
            )
            session.add(account)
            hired.append(Actor(name, role, account.id, account.person_id))
    return hired


def _timed_preview(own: Scratch, filtered: IncidentFilter) -> tuple[Seen, float]:
    began = time.perf_counter()
    return seen_of(own, filtered), time.perf_counter() - began


def seen_of(own: Scratch, filtered: IncidentFilter) -> Seen:
    """What a preview shows now."""
    with own.app.app_context(), db.snapshot() as connection:
        return incident_seen.one(connection, filter=json.dumps(written(filtered)), most=MOST_DEDUCTIONS)


def order(own: Scratch, person: Actor, filtered: IncidentFilter, shown: Seen) -> BatchOpened:
    """Order what was seen, its credits typed."""
    sha256 = (shown.items_sha256 or b"").hex()
    wanted = BatchWanted(filtered, "incident", sha256, f"{shown.credits:f}")
    with own.app.app_context():
        return open_incident_batch(person, wanted, now=datetime.now(UTC))


def _approve(own: Scratch, person: Actor, request: UUID) -> None:
    with own.owner() as owner:
        sql = "select encode(payload_sha256, 'hex') from approval_request where id = %s"
        row = owner.execute(sql, (request,)).fetchone()
    with own.app.app_context():
        approve(person, request, seen_sha256=str(row and row[0]), now=datetime.now(UTC))


def _work(own: Scratch, chance: Random, size: Incident, batches: Sequence[BatchOpened]) -> list[str]:
    """Run workers until both batches have ended; kill one, or the server, at random shares of the first."""
    moments = sorted(chance.uniform(0.1, 0.9) for _ in range(size.kills))
    killed: list[str] = []
    ends = time.monotonic() + LONGEST_SECONDS
    holder = _hold(own, batches[0], moments) if size.held else None
    running = _start(own, size)
    while time.monotonic() < ends:
        if running.poll() is not None:
            running = _start(own, size)
        share, ended = _share(own, batches)
        if ended:
            break
        if moments and (_is_stuck(own) if holder else share >= moments[0]):
            moments.pop(0)
            # Every second time the whole server, as a power cut would.
            killed.append(_kill_server(own) if len(killed) % 2 else _kill(running))
            print(f"  killed −9 at {share * 100:.0f} %: {killed[-1]}")
            if holder:
                holder.close()
                holder = _hold(own, batches[0], moments)
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        running.send_signal(signal.SIGTERM)
        running.wait(30)
    return killed


def _hold(own: Scratch, batch: BatchOpened, moments: Sequence[float]) -> Connection | None:
    """Lock the customer who has their turn at the next moment."""
    if not moments:
        return None
    holder = own.owner()
    holder.execute("begin")
    sql = (
        "select 1 from user_credit_balance where user_id = (select user_id from incident_batch_item"
        " where batch_id = %s order by user_id, seq offset (select (deductions * %s)::bigint from incident_batch where id = %s)"
        " limit 1) for update"
    )
    holder.execute(sql, (batch.batch_id, moments[0], batch.batch_id))
    return holder


def _is_stuck(own: Scratch) -> bool:
    """Whether somebody waits for the lock in the middle of their piece."""
    # Not over the connection that holds it: within a transaction the view shows one moment for ever.
    with own.owner() as owner:
        row = owner.execute("select count(*) from pg_stat_activity where wait_event_type = 'Lock'").fetchone()
    return row is not None and row[0] > 0


def _start(own: Scratch, size: Incident) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "flask", *size.command]
    return subprocess.Popen(
        command, cwd=ROOT, env=own.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _share(own: Scratch, batches: Sequence[BatchOpened]) -> tuple[float, bool]:
    """How far the first is, and whether all have ended."""
    with contextlib.suppress(psycopg.Error), own.owner() as owner:
        sql = "select id, (done + skipped + failed) * 1.0 / deductions, state from incident_batch where id = any(%s)"
        rows = owner.execute(sql, ([batch.batch_id for batch in batches],)).fetchall()
        first = next(float(row[1]) for row in rows if row[0] == batches[0].batch_id)
        return first, all(row[2] == "done" for row in rows)
    return 0.0, False


def _kill(running: "subprocess.Popen[bytes]") -> str:
    running.kill()
    running.wait()
    return "worker"


def _kill_server(own: Scratch) -> str:
    lock_file = next(own.settings.data_dir.resolve().glob("postgres-*/postmaster.pid"))
    os.kill(int(lock_file.read_text(encoding="utf-8").splitlines()[0]), signal.SIGKILL)
    embedded.ensure_running(own.settings.data_dir)
    with own.app.app_context(), contextlib.suppress(SQLAlchemyError):
        db.db.engine.dispose()
    return "postmaster"


def _wrong(
    own: Scratch, batch: BatchOpened, twin: BatchOpened, shown: Seen, killed: Sequence[str], size: Incident
) -> list[str]:
    """Between them the two gave everything back once: where a run breaks off, the twin takes its turn."""
    both = [batch.batch_id, twin.batch_id]
    with own.owner() as owner:
        states = (
            "select state, done, skipped, failed, credits_done from incident_batch where id = any(%s) order by number"
        )
        rows = owner.execute(states, (both,)).fetchall()
        counts = {what: owner.execute(sql.encode(), {"batches": both}).fetchone() for what, sql in WRONG.items()}
    print(f"  the batch: {rows[0]}; its twin, ordered from the same preview: {rows[1]}")
    ended = all(row[0] == "done" and row[1] + row[2] == shown.deductions and row[3] == 0 for row in rows)
    once = (sum(row[1] for row in rows), sum(row[4] for row in rows)) == (shown.deductions, shown.credits)
    return [
        *([] if ended and once else [f"they ended as {rows}"]),
        *([f"only {len(killed)} kills"] if len(killed) != size.kills else []),
        *(f"{row[0] if row else '?'} {what}" for what, row in counts.items() if row != (0,)),
    ]


def _again(own: Scratch, person: Actor, filtered: IncidentFilter, shown: Seen) -> Iterator[str]:
    """Begin from scratch: everything was given back already, and nothing is written."""
    before = _fingerprint(own)
    try:
        order(own, person, filtered, seen_of(own, filtered))
        yield "a second run from scratch was taken"
    except RuleBrokenError as error:
        print(f"  a second run from scratch: {error}")
        if f"All {shown.deductions:,} deductions were given back already" not in str(error):
            yield f"a second run from scratch said: {error}"
    if _fingerprint(own) != before:
        yield "a second run from scratch changed the books"


def _fingerprint(own: Scratch) -> list[object]:
    tables = (
        "credit_deduction_ledger",
        "credit_source_draw",
        "user_credit_source",
        "user_credit_balance",
        "incident_batch",
    )
    sql = "select count(*), sum(hashtextextended(entry::text, 0)::numeric) from {} as entry"
    with own.owner() as owner:
        return [owner.execute(sql.format(table).encode()).fetchone() for table in tables]
