"""Support → Reversals: everything that was given back, one by one or in batches, newest first."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Blueprint, Response, request
from sqlalchemy import Connection

from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.engine.incidents import code_of
from dashboard.engine.reversals import REASONS
from dashboard.reports.support.incidents import ReversalLine, reversals
from dashboard.ui.exports import Column, Row, exported
from dashboard.ui.htmx import render

bp = Blueprint("reversals", __name__, url_prefix="/support/reversals")

ROWS, MOST_ROWS = 50, 50_000
TABS = (("all", "All"), ("single", "Single"), ("batches", "Incident batches"))
FORM = struct.Struct(">q16sq")
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
COLUMNS = (
    Column("When, UTC", "instant"),
    Column("What"),
    Column("Customer"),
    Column("Deductions", "count"),
    Column("Credits asked", "credits"),
    Column("Credits given back", "credits"),
    Column("Reason"),
    Column("State"),
    Column("By"),
)


@bp.get("")
@requires(Permission.ACCOUNTS_READ)
def index() -> Response:
    """List what was given back, a page at a time."""
    kind, at = _kind(), now()
    with snapshot() as connection:
        rows = _listed(connection, kind, request.args.get("cursor", ""), at, ROWS + 1)
    return render(
        "support/reversals/index.html",
        "support/reversals/_list.html",
        rows=rows[:ROWS],
        older=_cursor(rows[ROWS - 1]) if len(rows) > ROWS else None,
        is_first="cursor" not in request.args,
        kind=kind,
        tabs=TABS,
        causes=REASONS,
        code_of=code_of,
        now=at,
    )


@bp.get("/export/<any(csv, xlsx):file_type>")
@requires(Permission.ACCOUNTS_READ)
def export(file_type: str) -> Response:
    """Send the list, newest first, 50,000 lines at most."""
    with snapshot() as connection:
        rows = _listed(connection, _kind(), "", now(), MOST_ROWS)
    return exported("reversals", "csv" if file_type == "csv" else "xlsx", COLUMNS, _cells(rows))


def _kind() -> str:
    kind = request.args.get("kind", "all")
    return kind if kind in dict(TABS) else "all"


def _listed(connection: Connection, kind: str, cursor: str, at: datetime, most: int) -> list[ReversalLine]:
    moment, place, seq = _place(cursor) or (at + timedelta(days=36_500), UUID(int=2**128 - 1), 2**63 - 1)
    return reversals.all(connection, kind=kind, at=moment, place_id=place, place_seq=seq, most=most)


def _cells(rows: list[ReversalLine]) -> Iterator[Row]:
    for row in rows:
        yield (
            row.at,
            f"Reversal of entry {row.reverses_seq}" if row.number is None else code_of(row.number),
            row.customer or f"{row.customers:,} customers",
            row.deductions,
            row.credits,
            row.credits_done,
            REASONS.get(row.cause or "", row.cause),
            row.state,
            row.by_whom or "At the server",
        )


def _cursor(row: ReversalLine) -> str:
    packed = FORM.pack((row.at - EPOCH) // MICROSECOND, row.place_id.bytes, row.place_seq)
    return urlsafe_b64encode(packed).rstrip(b"=").decode()


def _place(text: str) -> tuple[datetime, UUID, int] | None:
    try:
        micros, place, seq = FORM.unpack(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return EPOCH + micros * MICROSECOND, UUID(bytes=place), seq
    except (Error, struct.error, ValueError, OverflowError):
        return None
