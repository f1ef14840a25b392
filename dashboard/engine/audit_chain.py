"""The hash chain over the audit log: each link covers a line, when it was sealed and the link before it."""

import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

GENESIS = bytes(32)
LATEST_SEAL = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Line:
    """An audit row as the chain sees it; `before` and `after` are the JSON text of the database."""

    id: int
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


_NAMES = tuple(sorted(field.name for field in fields(Line)))
# One encoder for all: making one costs more than encoding a line.
_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Seal:
    """A link as it is kept; `line` is None where the row it covers is gone."""

    seq: int
    audit_id: int
    prev_sha256: bytes
    sha256: bytes
    sealed_at: datetime
    line: Line | None


def canonical(line: Line) -> bytes:
    """Return the line as bytes: JSON with sorted keys, no white space, times in UTC to the microsecond."""
    return _JSON.encode(plain(line)).encode()


def plain(line: Line) -> dict[str, object]:
    """Return the line as JSON values, its keys in order."""
    return {name: _plain(getattr(line, name)) for name in _NAMES}


def link(previous: bytes, line: Line, sealed_at: datetime | None = None) -> bytes:
    """Return the hash that ties a line, and when it was sealed, to everything before it.

    SHA-256 over the 32 bytes before, the line as `canonical` writes it, a line feed and the time;
    without a time as links were made at first, which did not cover it.
    """
    when = b"" if sealed_at is None else f"\n{_plain(sealed_at)}".encode()
    return sha256(previous + canonical(line) + when).digest()


def fault_of(seal: Seal, previous: Seal | None) -> str | None:
    """Return what is wrong with this link after the one before it, in a sentence; None if it holds."""
    expected = previous.seq + 1 if previous else 1
    if seal.seq != expected:
        return f"seal {expected} is missing: a line was deleted"
    if seal.prev_sha256 != (previous.sha256 if previous else GENESIS):
        return f"seal {seal.seq} does not follow seal {seal.seq - 1}: the chain was rewritten or put in another order"
    if seal.line is None:
        return f"seal {seal.seq} covers audit line {seal.audit_id}, which is gone"
    if not _covers(seal, seal.line):
        return f"seal {seal.seq} does not match audit line {seal.audit_id}: the line was changed"
    return None


def _covers(seal: Seal, line: Line) -> bool:
    # Whoever changes the time of a link finds neither of the two hashes for it.
    return link(seal.prev_sha256, line, seal.sealed_at) == seal.sha256 or link(seal.prev_sha256, line) == seal.sha256


def _plain(value: object) -> object:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)
