"""Control → Audit log: who did what, and whether the chain over it holds."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from flask import Blueprint, Response, request
from sqlalchemy import Connection

from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.engine.fields import as_uuid
from dashboard.pages.control.audit_changes import changes, written
from dashboard.reports.audit import AuditLine, Choice, audit_choices, audit_lines, state_of
from dashboard.reports.audit_lines import audit_export
from dashboard.ui.exports import Column, exported, json_lines
from dashboard.ui.htmx import render
from dashboard.ui.links import url_with, url_without
from dashboard.ui.words import why, words

bp = Blueprint("audit_log", __name__, url_prefix="/control/audit-log")

PAGE = 50
EXPORT_AT_ONCE = 2_000
COLUMNS = (
    Column("Line", "count"),
    Column("When, UTC", "instant"),
    Column("Who"),
    Column("Role"),
    Column("Address"),
    Column("What"),
    Column("Kind of object"),
    Column("Object"),
    Column("Change"),
    Column("Reason"),
    Column("Seal", "count"),
    Column("SHA-256"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address narrows the log to; `since` and `until` are days, both inclusive."""

    actor: str | None
    verb: str | None
    object_kind: str | None
    object_id: str | None
    role: str | None
    api_key_id: UUID | None
    session_id: UUID | None
    since: date | None
    until: date | None

    def parameters(self) -> dict[str, object]:
        """Return what the query takes."""
        ends = self.until + timedelta(days=1) if self.until and self.until < date.max else None
        return {**asdict(self), "since": _midnight(self.since), "until": _midnight(ends)}


@bp.get("")
@requires(Permission.AUDIT_READ)
def index() -> Response:
    """List the lines, the latest first, a page at a time."""
    asked, errors = _asked()
    with snapshot() as connection:
        lines, newer, older = _page(connection, asked)
        choices = audit_choices.all(connection)
        state = state_of(connection)
    return render(
        "control/audit_log/index.html",
        "control/audit_log/_lines.html",
        asked=asked,
        errors=errors,
        lines=lines,
        changes=changes,
        why=why,
        words=words,
        chips=_chips(asked),
        newer=newer,
        older=older,
        choices={field: _options(choices, field) for field in ("actor", "role", "key", "verb", "object")},
        state=state,
        now=now(),
    )


@bp.get("/export/jsonl")
@requires(Permission.AUDIT_READ)
def export_lines() -> Response:
    """Send every line the filters leave with its link, in the order of the chain, for others to check."""
    asked, _ = _asked()
    with ExitStack() as guard:
        connection = guard.enter_context(snapshot())
        lines = audit_export.each(connection, **asked.parameters())
        response = json_lines(f"audit-log-{now():%Y-%m-%d}", (line.json() for line in lines))
        response.call_on_close(guard.pop_all().close)
        return response


@bp.get("/export/<any(csv, xlsx):file_type>")
@requires(Permission.AUDIT_READ)
def export(file_type: str) -> Response:
    """Send every line the filters leave, the latest first."""
    asked, _ = _asked()
    rows = _rows(asked)
    return exported(f"audit-log-{now():%Y-%m-%d}", "csv" if file_type == "csv" else "xlsx", COLUMNS, rows)


def _asked() -> tuple[Asked, dict[str, str]]:
    errors: dict[str, str] = {}
    given = {name: request.args.get(name, "").strip() or None for name in ("actor", "verb", "object", "id", "role")}
    key, session = _id("key", errors), _id("session", errors)
    since, until = _day("from", errors), _day("to", errors)
    if since and until and until < since:
        errors["to"] = "This is before the first day; every day is shown."
        since = until = None
    return Asked(
        actor=given["actor"],
        verb=given["verb"],
        object_kind=given["object"],
        object_id=given["id"],
        role=given["role"],
        api_key_id=key,
        session_id=session,
        since=since,
        until=until,
    ), errors


def _id(name: str, errors: dict[str, str]) -> UUID | None:
    typed = request.args.get(name, "").strip()
    found = as_uuid(typed)
    if typed and found is None:
        errors[name] = f"“{typed[:40]}” is no {name}; the lines of every {name} are shown."
    return found


def _day(name: str, errors: dict[str, str]) -> date | None:
    typed = request.args.get(name, "").strip()
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        errors[name] = f"“{typed[:40]}” is not a day; every day is shown."
        return None


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def _page(connection: Connection, asked: Asked) -> tuple[list[AuditLine], str | None, str | None]:
    """Return a page of lines, and the addresses of the pages beside it."""
    older_than, newer_than = _cursor()
    rows = audit_lines.all(
        connection, **asked.parameters(), older_than=older_than, newer_than=newer_than, most=PAGE + 1
    )
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    if newer_than is not None:
        rows.reverse()
        has_newer, has_older = more, True
    else:
        has_newer, has_older = older_than is not None, more
    newer = url_with(cursor=f"newer-{rows[0].id}") if rows and has_newer else None
    older = url_with(cursor=f"older-{rows[-1].id}") if rows and has_older else None
    return rows, newer, older


def _cursor() -> tuple[int | None, int | None]:
    way, _, number = request.args.get("cursor", "").partition("-")
    if not (number.isascii() and number.isdigit() and len(number) < len(str(2**63))):
        return None, None
    return (int(number), None) if way == "older" else (None, int(number)) if way == "newer" else (None, None)


def _chips(asked: Asked) -> list[tuple[str, str]]:
    narrowed = (
        ("actor", "Who", asked.actor),
        ("verb", "What", asked.verb and words(asked.verb)),
        ("object", "On", asked.object_kind and words(asked.object_kind)),
        ("id", "Object", asked.object_id),
        ("role", "Role", asked.role),
        ("key", "Key", asked.api_key_id and str(asked.api_key_id)[:8]),
        ("session", "Session", asked.session_id and str(asked.session_id)[:8]),
        ("from", "From", asked.since and asked.since.isoformat()),
        ("to", "To", asked.until and asked.until.isoformat()),
    )
    return [
        (f"{title}: {value}", url_without(name, request.args.get(name, ""))) for name, title, value in narrowed if value
    ]


def _options(choices: list[Choice], field: str) -> list[tuple[str, str]]:
    found = [(row.value, row.title) for row in choices if row.field == field]
    return [(value, title if field in {"actor", "key"} else words(title)) for value, title in found]


def _rows(asked: Asked) -> Iterator[list[object]]:
    with snapshot() as connection:
        older_than: int | None = None
        while True:
            lines = audit_lines.all(
                connection, **asked.parameters(), older_than=older_than, newer_than=None, most=EXPORT_AT_ONCE
            )
            yield from (_row(line) for line in lines)
            if len(lines) < EXPORT_AT_ONCE:
                return
            older_than = lines[-1].id


def _row(line: AuditLine) -> list[object]:
    return [
        line.id,
        line.recorded_at,
        line.actor_name,
        line.actor_role,
        line.address,
        line.verb,
        line.object_kind,
        line.object_id,
        "; ".join(written(change) for change in changes(line.before, line.after)),
        line.reason,
        line.seal_seq,
        line.seal_sha256.hex() if line.seal_sha256 else None,
    ]
