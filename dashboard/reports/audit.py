"""Who did what: the lines, and whether the chain over them holds."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.audit_chain import LATEST_SEAL, Line, Seal, fault_of
from dashboard.sql import Query

AT_ONCE = 5_000
# How many lines a page looks through for one without a seal; `verify` looks through all.
LATEST = 10_000
ALL = 2**62
MOST_FAULTS = 20
NO_HEAD = "this is no exported head"
SHA256 = re.compile(r"[0-9a-f]{64}")
# As a page prints it: `Seal 1,204`, and the hash in groups.
PRINTED_SEQ = re.compile(r"\bseal\s+([0-9][0-9,]{0,24})", re.IGNORECASE)
PRINTED_SHA256 = re.compile(r"\b(?:[0-9a-f]{8}\s*){8}(?![0-9a-f])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One act as the page lists it."""

    id: int
    recorded_at: datetime
    actor_name: str
    actor_role: str
    address: str | None
    verb: str
    object_kind: str
    object_id: str | None
    object_name: str | None
    before: Any
    after: Any
    reason: str | None
    seal_seq: int | None
    seal_sha256: bytes | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One value a filter offers, and how it is called."""

    field: str
    value: str
    title: str


@dataclass(frozen=True, slots=True)
class AuditState:
    """The head of the chain and what waits for it."""

    head_seq: int | None
    head_sha256: bytes | None
    sealed_at: datetime | None
    unsealed: int
    oldest_unsealed: datetime | None


@dataclass(frozen=True, slots=True)
class ChainRow:
    """A seal beside the line it covers; the line's columns are null where it is gone."""

    seq: int
    audit_id: int
    prev_sha256: bytes
    sha256: bytes
    sealed_at: datetime
    line_exists: bool
    recorded_at: datetime
    operator_id: UUID | None
    person_id: UUID | None
    actor_name: str
    actor_role: str
    session_id: UUID | None
    api_key_id: UUID | None
    address: str | None
    verb: str
    object_kind: str
    object_id: str | None
    before: str | None
    after: str | None
    reason: str | None

    def seal(self) -> Seal:
        """Return it as the rules see it."""
        line = self._line() if self.line_exists else None
        return Seal(self.seq, self.audit_id, self.prev_sha256, self.sha256, self.sealed_at, line)

    def _line(self) -> Line:
        return Line(
            id=self.audit_id,
            recorded_at=self.recorded_at,
            operator_id=self.operator_id,
            person_id=self.person_id,
            actor_name=self.actor_name,
            actor_role=self.actor_role,
            session_id=self.session_id,
            api_key_id=self.api_key_id,
            address=self.address,
            verb=self.verb,
            object_kind=self.object_kind,
            object_id=self.object_id,
            before=self.before,
            after=self.after,
            reason=self.reason,
        )


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain as it was exported: what is kept outside the database."""

    seq: int
    sha256: str

    @classmethod
    def read(cls, text: str) -> "Head":
        """Read a file that was exported, or the words of the page that was printed; ValueError if it is neither."""
        seq, sha256 = _of_file(text) or _of_print(text)
        if seq < 0 or not SHA256.fullmatch(sha256):
            raise ValueError(NO_HEAD)
        return cls(seq, sha256)


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found: sentences, none of them if the chain holds."""

    lines: int
    faults: list[str]


audit_lines = Query("control/audit_lines", AuditLine)
audit_choices = Query("control/audit_choices", Choice)
audit_state = Query("control/audit_state", AuditState)
audit_chain = Query("control/audit_chain", ChainRow)


def state_of(connection: Connection, look_back: int = LATEST) -> AuditState:
    """Return the head of the chain, and what waits for a seal among the latest lines."""
    return audit_state.one(connection, look_back=look_back)


def verify(connection: Connection, *, exported: Head | None = None, now: datetime) -> Verification:
    """Walk the whole chain; compare it with an exported head, without which a cut tail cannot be seen."""
    faults: list[str] = []
    previous: Seal | None = None
    count = 0
    found_head = exported is None or exported.seq == 0
    for seal in _chain(connection):
        count += 1
        fault = fault_of(seal, previous)
        if fault and len(faults) < MOST_FAULTS:
            faults.append(fault)
        if exported and seal.seq == exported.seq:
            found_head = True
            if seal.sha256.hex() != exported.sha256:
                faults.append(f"seal {seal.seq} is not the exported head: the chain was rewritten")
        previous = seal
    if not found_head and exported:
        faults.append(f"the chain ends before the exported head {exported.seq}: its tail was cut off")
    return Verification(count, faults + _late(state_of(connection, ALL), now))


def _of_file(text: str) -> tuple[int, str] | None:
    try:
        kept = json.loads(text)
        return int(kept["seq"]), str(kept["sha256"])
    except (ValueError, KeyError, TypeError):
        return None


def _of_print(text: str) -> tuple[int, str]:
    seq, sha256 = PRINTED_SEQ.search(text), PRINTED_SHA256.search(text)
    if seq is None or sha256 is None:
        raise ValueError(NO_HEAD)
    return int(seq[1].replace(",", "")), "".join(sha256[0].split()).lower()


def _chain(connection: Connection) -> Iterator[Seal]:
    after_seq = -1
    while rows := audit_chain.all(connection, after_seq=after_seq, most=AT_ONCE):
        yield from (row.seal() for row in rows)
        after_seq = rows[-1].seq


def _late(state: AuditState, now: datetime) -> list[str]:
    if state.oldest_unsealed is None or now - state.oldest_unsealed <= LATEST_SEAL:
        return []
    lines = "1 line is" if state.unsealed == 1 else f"{state.unsealed:,} lines are"
    return [
        f"{lines} not sealed, the oldest since {state.oldest_unsealed:%Y-%m-%d %H:%M:%S} UTC; run `flask audit seal`"
    ]
