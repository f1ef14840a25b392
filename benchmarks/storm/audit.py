"""Tampering with the audit log by somebody who has every right: what is found from inside, and what against a head."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session

from benchmarks.scratch import Scratch
from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.reports.audit import Head, state_of, verify
from dashboard.store.audit import record
from dashboard.store.seals import seal_all

BEGAN = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
PEOPLE = (Actor("Fiona", "finance"), Actor("Adam", "admin"), Actor("Sam", "support"), Actor("shell", "shell"))
VERBS = ("change_setting", "approve", "reverse_entry", "sign_in", "grant_credits")
# Column: what somebody with every right would write into it; each differs from what stands there.
EDITS = {
    "audit_log.id": "update audit_log set id = -id where id = :id",
    "audit_log.recorded_at": "update audit_log set recorded_at = recorded_at + interval '1 microsecond' where id = :id",
    "audit_log.operator_id": "update audit_log set operator_id = gen_random_uuid() where id = :id",
    "audit_log.person_id": "update audit_log set person_id = gen_random_uuid() where id = :id",
    "audit_log.actor_name": "update audit_log set actor_name = actor_name || ' ' where id = :id",
    "audit_log.actor_role": "update audit_log set actor_role = upper(actor_role) where id = :id",
    "audit_log.session_id": "update audit_log set session_id = gen_random_uuid() where id = :id",
    "audit_log.api_key_id": "update audit_log set api_key_id = gen_random_uuid() where id = :id",
    "audit_log.address": "update audit_log set address = coalesce(address, '') || '1' where id = :id",
    "audit_log.verb": "update audit_log set verb = reverse(verb) where id = :id",
    "audit_log.object_kind": "update audit_log set object_kind = object_kind || 's' where id = :id",
    "audit_log.object_id": "update audit_log set object_id = coalesce(object_id, '') || '0' where id = :id",
    "audit_log.before": "update audit_log set before = coalesce(before, '{}') || '{\"n\": -1}' where id = :id",
    "audit_log.after": "update audit_log set after = null where id = :id",
    "audit_log.reason": "update audit_log set reason = coalesce(reason, '') || '.' where id = :id",
    "audit_seal.seq": "update audit_seal set seq = seq + 1000000 where audit_id = :id",
    "audit_seal.audit_id": "update audit_seal set audit_id = -audit_id where audit_id = :id",
    "audit_seal.prev_sha256": "update audit_seal set prev_sha256 = sha256(prev_sha256) where audit_id = :id",
    "audit_seal.sha256": "update audit_seal set sha256 = sha256(sha256) where audit_id = :id",
    "audit_seal.sealed_at": "update audit_seal set sealed_at = sealed_at - interval '1 microsecond' where audit_id = :id",
}
# Of both the line and its seal only where something follows: a cut tail cannot be seen from inside.
DELETIONS = {
    "a line": "delete from audit_log where id = :id",
    "a seal": "delete from audit_seal where audit_id = :id",
    "a line with its seal": (
        "with gone as (delete from audit_seal where audit_id = :earlier) delete from audit_log where id = :earlier"
    ),
    "a line with its seal, the others moved up": (
        "with gone as (delete from audit_seal where audit_id = :earlier returning seq),"
        " gone_too as (delete from audit_log where id = :earlier)"
        " update audit_seal set seq = audit_seal.seq - 1 from gone where audit_seal.seq > gone.seq"
    ),
    "several lines with their seals": (
        "with gone as (delete from audit_seal where audit_id between :earlier - 3 and :earlier)"
        " delete from audit_log where id between :earlier - 3 and :earlier"
    ),
}
SWAPS = {
    "the seals of two lines": (
        "update audit_seal set audit_id = case audit_id when :id then :other else :id end where audit_id in (:id, :other)"
    ),
    "the places of two seals": (
        "with two as (select audit_id, seq from audit_seal where audit_id in (:id, :other))"
        " update audit_seal set seq = two.seq from two"
        " where audit_seal.audit_id in (:id, :other) and two.audit_id <> audit_seal.audit_id"
    ),
    "the numbers of two lines": (
        "update audit_log set id = case id when :id then :other else :id end where id in (:id, :other)"
    ),
    "what two lines say": (
        "with two as (select * from audit_log where id in (:id, :other))"
        " update audit_log set recorded_at = two.recorded_at, actor_name = two.actor_name, actor_role = two.actor_role,"
        " verb = two.verb, object_kind = two.object_kind, object_id = two.object_id, before = two.before,"
        " after = two.after, reason = two.reason"
        " from two where audit_log.id in (:id, :other) and two.id <> audit_log.id"
    ),
}
KINDS = {"an edit": EDITS, "a deletion": DELETIONS, "a swap": SWAPS}
# The database's own hurdles, which whoever has every right takes away first.
HURDLES = (
    "alter table audit_seal drop constraint audit_seal_audit_id_fkey",
    "alter table audit_seal drop constraint audit_seal_audit_id_key",
    "alter table audit_seal drop constraint audit_seal_sha256_key",
    "alter table audit_seal drop constraint audit_seal_pkey",
    "alter table audit_log drop constraint audit_log_pkey",
    "alter table audit_log alter column id set generated by default",
    "create index on audit_seal (seq)",
    "create index on audit_seal (audit_id)",
    "create index on audit_log (id)",
)


@dataclass(frozen=True)
class Tampering:
    """How often what is tried, on a chain of how many lines."""

    inside: int = 1000
    tails: int = 100
    rewrites: int = 100
    lines: int = 300


def tampering(own: Scratch, seed: int, size: Tampering) -> list[str]:
    """Build a chain, tamper with it in every way, each undone afterwards; return what was not found, or wrongly."""
    rng = Random(seed)
    with own.app.app_context():
        url = db.normalised(db.urls(own.settings).owner)
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return attacked(connection, rng, size)
    finally:
        engine.dispose()


def attacked(connection: Connection, rng: Random, size: Tampering) -> list[str]:
    """Tamper on the owner's connection; every attempt is rolled back to the whole chain."""
    for hurdle in HURDLES:
        connection.execute(text(hurdle))
    _build(connection, rng, size.lines)
    connection.commit()
    found = _Found(connection)
    head = _head(connection)
    found.clean("the chain as it is", None)
    found.clean("the chain against its own head", head)
    for number in range(size.inside):
        kind = rng.choice(tuple(KINDS))
        name = rng.choice(tuple(KINDS[kind]))
        act = partial(_tamper, connection, rng, KINDS[kind][name])
        found.broken(f"{kind}, {name} (number {number})", None, act)
    for number in range(size.tails):
        kept = rng.randrange(size.lines)
        found.broken(f"a tail cut after {kept} (number {number})", head, partial(_cut, connection, kept), blind=True)
    for number in range(size.rewrites):
        found.broken(f"a whole rewrite (number {number})", head, partial(_rewrite, connection, rng), blind=True)
    _build(connection, rng, 20)
    found.clean("the chain after it grew, against the head of before", head)
    connection.rollback()
    found.clean("the chain after everything", head)
    print(f"  {found.tried:,} times tampered with {size.lines:,} lines, {found.unseen:,} of them invisible from inside")
    return found.complaints


class _Found:
    """What was tried, and what verifying said of it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.complaints: list[str] = []
        self.tried = self.unseen = 0

    def clean(self, what: str, head: Head | None) -> None:
        """Complain if anything is found."""
        faults = _faults(self.connection, head)
        if faults:
            self.complaints.append(f"{what}: {faults[0]}")

    def broken(self, what: str, head: Head | None, act: Callable[[], None], *, blind: bool = False) -> None:
        """Act, complain if nothing is found, and undo it; `blind`: from inside there is nothing to find."""
        self.tried += 1
        before = _print(self.connection)
        act()
        if _print(self.connection) == before:
            self.complaints.append(f"{what} changed nothing: the storm is at fault")
        if not _faults(self.connection, head):
            self.complaints.append(f"{what} was not found")
        if blind and not _faults(self.connection, None):
            self.unseen += 1
        self.connection.rollback()


def _build(connection: Connection, rng: Random, lines: int) -> None:
    with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
        # Sealed below, in this transaction: not by a connection of its own after the commit.
        session.info["is_sealed_afterwards"] = True
        for number in range(lines):
            thing, at = rng.randrange(50), BEGAN + timedelta(minutes=number)
            was, reason = {"n": number}, rng.choice((None, "it was time", "wëil"))
            record(session, rng.choice(PEOPLE), rng.choice(VERBS), "thing", thing, before=was, after={"n": -1 - number},
                   reason=reason, now=at)  # fmt: skip
        session.flush()
        seal_all(session, BEGAN + timedelta(days=1))
        session.commit()


def _tamper(connection: Connection, rng: Random, sql: str) -> None:
    ids = connection.execute(text("select audit_id from audit_seal order by seq")).scalars().all()
    one, other = rng.sample(ids, 2)
    connection.execute(text(sql), _named(sql, id=one, other=other, earlier=rng.choice(ids[4:-1])))


def _cut(connection: Connection, kept: int) -> None:
    connection.execute(
        text("delete from audit_log where id in (select audit_id from audit_seal where seq > :n)"), {"n": kept}
    )
    connection.execute(text("delete from audit_seal where seq > :n"), {"n": kept})


def _rewrite(connection: Connection, rng: Random) -> None:
    """Change, take out or add lines anywhere, then chain everything anew with right hashes, perhaps to go on."""
    last = connection.execute(text("select max(id) from audit_log")).scalar_one()
    sql = rng.choice((*list(EDITS.values())[1:15], DELETIONS["a line"]))
    connection.execute(text(sql), _named(sql, id=rng.randint(1, last)))
    connection.execute(text("delete from audit_seal"))
    more = rng.randrange(3)
    if more:
        _build(connection, rng, more)
        return
    with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
        seal_all(session, BEGAN + timedelta(days=1))
        session.commit()


def _named(sql: str, **values: int) -> dict[str, int]:
    return {name: value for name, value in values.items() if f":{name}" in sql}


def _head(connection: Connection) -> Head:
    state = state_of(connection)
    return Head(state.head_seq or 0, (state.head_sha256 or b"").hex())


def _faults(connection: Connection, head: Head | None) -> list[str]:
    return verify(connection, exported=head, now=BEGAN + timedelta(days=2)).faults


def _print(connection: Connection) -> str:
    """One hash of both tables, so that what changed nothing is not counted."""
    both = "select md5(string_agg(one::text, '' order by one::text)) from {} as one"
    found = [
        connection.execute(text(both.format(table).replace("::", r"\:\:"))).scalar_one()
        for table in ("audit_log", "audit_seal")
    ]
    return " ".join(map(str, found))
