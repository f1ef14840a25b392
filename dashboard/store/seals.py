"""The chain over the audit log: rows are linked in the order in which they become visible."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, cast, insert, select, text
from sqlalchemy.orm import Session

from dashboard.engine.audit_chain import GENESIS, Line, link
from dashboard.store.audit import AuditLog, AuditSeal

LOCK = 4_271_530_072
# How far back a late commit is looked for after each act; `flask audit seal` looks everywhere.
LOOK_BACK_ROWS = 1_000
MOST_AT_ONCE = 20_000


def seal_recent(session: Session, now: datetime) -> int:
    """Chain the unsealed rows among the latest; return how many."""
    head = _locked_head(session)
    newest = head.audit_id if head else 0
    return _seal(session, _unsealed().where(AuditLog.id > newest - LOOK_BACK_ROWS), head, now)


def seal_all(session: Session, now: datetime) -> int:
    """Chain every unsealed row there is, however old; return how many."""
    return _seal(session, _unsealed(), _locked_head(session), now)


def lines() -> Select[*tuple[Any, ...]]:
    """Select the columns a link is made of, in the order of Line; JSON as the text it is kept as."""
    return select(
        AuditLog.id,
        AuditLog.recorded_at,
        AuditLog.operator_id,
        AuditLog.person_id,
        AuditLog.actor_name,
        AuditLog.actor_role,
        AuditLog.session_id,
        AuditLog.api_key_id,
        AuditLog.address,
        AuditLog.verb,
        AuditLog.object_kind,
        AuditLog.object_id,
        cast(AuditLog.before, Text),
        cast(AuditLog.after, Text),
        AuditLog.reason,
    )


def _locked_head(session: Session) -> AuditSeal | None:
    # The lock is a statement of its own: the next one sees what the sealer before us committed.
    session.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    return session.scalars(select(AuditSeal).order_by(AuditSeal.seq.desc()).limit(1)).one_or_none()


def _unsealed() -> Select[*tuple[Any, ...]]:
    sealed = select(AuditSeal.seq).where(AuditSeal.audit_id == AuditLog.id).exists()
    return lines().where(~sealed).order_by(AuditLog.id).limit(MOST_AT_ONCE)


def _seal(session: Session, rows: Select[*tuple[Any, ...]], head: AuditSeal | None, now: datetime) -> int:
    seq, previous = (head.seq, head.sha256) if head else (0, GENESIS)
    seals = []
    for row in session.execute(rows):
        line = Line(*row)
        sha256 = link(previous, line, now)
        seq += 1
        seals.append({"seq": seq, "audit_id": line.id, "prev_sha256": previous, "sha256": sha256, "sealed_at": now})
        previous = sha256
    if seals:
        session.execute(insert(AuditSeal), seals)
    return len(seals)
