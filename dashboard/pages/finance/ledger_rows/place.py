"""A place in the order of rows, as the address carries it: opaque, and safe to send to somebody else."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from dashboard.reports.ledger_rows import LedgerRow, Place

FORM = struct.Struct(">cq16s16s")
OLDER, NEWER = b"o", b"n"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Cursor:
    """From which place on, and in which direction."""

    place: Place
    newer: bool


def older_than(row: LedgerRow) -> str:
    """Write the cursor of the page below a row."""
    return _written(OLDER, row)


def newer_than(row: LedgerRow) -> str:
    """Write the cursor of the page above a row."""
    return _written(NEWER, row)


def read_cursor(text: str) -> Cursor | None:
    """Read a cursor; None if it is not one of ours."""
    try:
        direction, micros, customer, request = FORM.unpack(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        place = Place(EPOCH + micros * MICROSECOND, UUID(bytes=customer), UUID(bytes=request))
    except (Error, struct.error, ValueError, OverflowError):
        return None
    return Cursor(place, newer=direction == NEWER) if direction in {OLDER, NEWER} else None


def _written(direction: bytes, row: LedgerRow) -> str:
    micros = (row.accounted_at - EPOCH) // MICROSECOND
    packed = FORM.pack(direction, micros, row.customer_id.bytes, row.request_id.bytes)
    return urlsafe_b64encode(packed).rstrip(b"=").decode()
