"""Places in lists, as addresses carry them: opaque, and safe to send to somebody else."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from uuid import UUID

from dashboard.reports.support.accounts import Place
from dashboard.reports.support.timeline import HIGHEST_SEQ, Cursor

LONGEST = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def written_place(order: str, place: Place) -> str:
    """Write a place in one of the lists."""
    return _written([order, place.place, str(place.customer_id)])


def read_place(text: str, order: str) -> Place | None:
    """Read a place; None if it is not one of this list."""
    match _read(text):
        case [str(of), str(place), str(customer)] if of == order:
            try:
                found = Place(UUID(customer), place)
                _check(order, place)
            except (ValueError, InvalidOperation):
                return None
            return found
    return None


def written_cursor(cursor: Cursor) -> str:
    """Write a place in a timeline."""
    return _written([cursor.seq, (cursor.at - EPOCH) // MICROSECOND, cursor.key])


def read_cursor(text: str) -> Cursor | None:
    """Read a place in a timeline; None if it is not one."""
    match _read(text):
        case [int(seq), int(micros), str(key)] if 0 <= seq <= HIGHEST_SEQ and key.isprintable():
            try:
                return Cursor(seq, EPOCH + micros * MICROSECOND, key)
            except OverflowError:
                return None
    return None


def _check(order: str, place: str) -> None:
    if order == "low":
        if not Decimal(place).is_finite():
            raise ValueError(place)
    elif order == "name":
        if "\0" in place:
            raise ValueError(place)
    else:
        datetime.fromisoformat(place)


def _written(parts: list[object]) -> str:
    return urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()


def _read(text: str) -> object:
    if len(text) > LONGEST:
        return None
    try:
        return json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (Error, ValueError, RecursionError):
        return None
