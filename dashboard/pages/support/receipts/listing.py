"""The list of receipts: an id leads to one, and below it stands what was moved by hand, a page at a time."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from dashboard.reports.support.receipt_lists import Moved, Place

FORM = struct.Struct(">q16sq")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LAST_ID, LAST_SEQ = UUID(int=2**128 - 1), 2**63 - 1
ROWS = 50
TABS = (
    ("all", "All"),
    ("reversals", "Given back"),
    ("grants", "Granted"),
    ("deductions", "Taken"),
    ("large", "Large charges"),
)
LATELY_DAYS = 7


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of it, and the cursor of the next, if there is one."""

    rows: list[Moved]
    older: str | None


def newest(now: datetime) -> Place:
    """The place above everything."""
    return Place(now + timedelta(days=36_500), LAST_ID, LAST_SEQ)


def page_of(rows: list[Moved]) -> Listed:
    """Cut a page out of one row more than it holds."""
    page = rows[:ROWS]
    last = page[-1] if len(rows) > ROWS else None
    return Listed(page, written(Place(last.created_at, last.customer_id, last.seq)) if last else None)


def written(place: Place) -> str:
    """Write a place as the address carries it."""
    packed = FORM.pack((place.at - EPOCH) // MICROSECOND, place.user_id.bytes, place.seq)
    return urlsafe_b64encode(packed).rstrip(b"=").decode()


def read_place(text: str) -> Place | None:
    """Read a place; None if it is not one of ours."""
    try:
        micros, customer, seq = FORM.unpack(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return Place(EPOCH + micros * MICROSECOND, UUID(bytes=customer), seq)
    except (Error, struct.error, ValueError, OverflowError):
        return None
