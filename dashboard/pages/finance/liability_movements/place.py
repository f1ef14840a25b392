"""A place in the list of postings, as the address carries it."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from datetime import UTC, datetime, timedelta
from uuid import UUID

from dashboard.reports.liability_postings import Place

FORM = struct.Struct(">q16sq16s")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def written_place(place: Place) -> str:
    """Write the cursor of the page below a posting."""
    micros = (place.posted_at - EPOCH) // MICROSECOND
    packed = FORM.pack(micros, place.customer_id.bytes, place.seq, place.grant_id.bytes)
    return urlsafe_b64encode(packed).rstrip(b"=").decode()


def read_place(text: str) -> Place | None:
    """Read a cursor; None if it is not one of ours."""
    try:
        micros, customer, seq, grant = FORM.unpack(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return Place(EPOCH + micros * MICROSECOND, UUID(bytes=customer), seq, UUID(bytes=grant))
    except (Error, struct.error, ValueError, OverflowError):
        return None
