"""One line of the audit log in full, and all of them as they are taken elsewhere."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.audit_chain import GENESIS, Line, Seal, fault_of, plain
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class WholeLine:
    """Everything there is to know of one act, with its link and the one before it."""

    id: int
    recorded_at: datetime
    operator_id: UUID | None
    person_id: UUID | None
    actor_name: str
    actor_role: str
    session_id: UUID | None
    api_key_id: UUID | None
    api_key_name: str | None
    address: str | None
    verb: str
    object_kind: str
    object_id: str | None
    object_name: str | None
    before: Any
    after: Any
    before_text: str | None
    after_text: str | None
    reason: str | None
    seal_seq: int | None
    prev_sha256: bytes | None
    sha256: bytes | None
    sealed_at: datetime | None
    previous_seq: int | None
    previous_sha256: bytes | None
    older_id: int | None
    newer_id: int | None

    @property
    def fault(self) -> str | None:
        """What is wrong with its link and the one before, in a sentence; None if they hold, or it has none yet."""
        if self.seal_seq is None or self.prev_sha256 is None or self.sha256 is None or self.sealed_at is None:
            return None
        seal = Seal(self.seal_seq, self.id, self.prev_sha256, self.sha256, self.sealed_at, _line(self))
        return fault_of(seal, self._previous())

    def _previous(self) -> Seal | None:
        if self.previous_seq is None or self.previous_sha256 is None:
            return None
        # Of the link before, only its place and its hash are looked at.
        return Seal(self.previous_seq, 0, GENESIS, self.previous_sha256, self.recorded_at, None)


@dataclass(frozen=True, slots=True)
class ExportedLine:
    """A line with its link, to be checked by somebody else's program."""

    seq: int | None
    prev_sha256: bytes | None
    sha256: bytes | None
    sealed_at: datetime | None
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

    def json(self) -> dict[str, object]:
        """The link, and what it covers exactly as it is hashed."""
        return {
            "seq": self.seq,
            "prev_sha256": self.prev_sha256.hex() if self.prev_sha256 else None,
            "sha256": self.sha256.hex() if self.sha256 else None,
            "sealed_at": self.sealed_at.astimezone(UTC).isoformat(timespec="microseconds") if self.sealed_at else None,
            "line": plain(_line(self)),
        }


audit_line = Query("control/audit_line", WholeLine)
audit_export = Query("control/audit_export", ExportedLine)


def line_of(connection: Connection, line_id: int) -> WholeLine | None:
    """Return a line; None if there is none of this number."""
    found = audit_line.all(connection, id=line_id)
    return found[0] if found else None


def _line(row: WholeLine | ExportedLine) -> Line:
    before, after = (row.before_text, row.after_text) if isinstance(row, WholeLine) else (row.before, row.after)
    return Line(
        id=row.id,
        recorded_at=row.recorded_at,
        operator_id=row.operator_id,
        person_id=row.person_id,
        actor_name=row.actor_name,
        actor_role=row.actor_role,
        session_id=row.session_id,
        api_key_id=row.api_key_id,
        address=row.address,
        verb=row.verb,
        object_kind=row.object_kind,
        object_id=row.object_id,
        before=before,
        after=after,
        reason=row.reason,
    )
