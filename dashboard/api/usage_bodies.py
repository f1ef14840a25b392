"""Reading usage as it was sent: JSON in UTF-8 that says one thing only, of a bounded size."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from itertools import islice

from flask import request

JSON = "application/json"
CLOUD_EVENT, CLOUD_EVENTS = "application/cloudevents+json", "application/cloudevents-batch+json"
LARGEST_EVENT, LARGEST_ARRAY = 2**20, 5 * 2**20
NAMED_AT_MOST = 50


class RefusedBodyError(Exception):
    """A body that cannot be taken at all, and the status that says so."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        super().__init__(f"{detail} Nothing was changed.")


def read_usage_body() -> object:
    """Return one event or an array of them, numbers as int and Decimal; raise RefusedBodyError (400, 413, 415)."""
    if request.mimetype not in {JSON, CLOUD_EVENT, CLOUD_EVENTS} or _charset() != "utf-8":
        raise RefusedBodyError(415, f"Send {JSON}, {CLOUD_EVENT} or {CLOUD_EVENTS} in UTF-8.")
    sent = _sent()
    body = parsed(sent)
    if not isinstance(body, list) and len(sent) > LARGEST_EVENT:
        raise RefusedBodyError(413, "A single event is at most 1 MiB.")
    if request.mimetype != JSON and isinstance(body, list) != (request.mimetype == CLOUD_EVENTS):
        raise RefusedBodyError(400, f"{CLOUD_EVENT} is one object, {CLOUD_EVENTS} an array.")
    return body


def parsed(sent: bytes) -> object:
    """Return JSON as Python has it; refuse what different readers would understand differently."""
    try:
        return json.loads(
            sent.decode("utf-8"), parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_no_duplicates
        )
    except RecursionError:
        raise RefusedBodyError(400, "The JSON is nested too deeply.") from None
    except UnicodeDecodeError:
        raise RefusedBodyError(400, "The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise RefusedBodyError(400, f"The body is not JSON: {error.msg} ({where}).") from None
    except _AmbiguousError as error:
        raise RefusedBodyError(400, f"The body is not JSON: {error}.") from None
    except (ValueError, InvalidOperation):
        raise RefusedBodyError(400, "The body holds a number nobody can read.") from None


def field_errors(errors: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the reasons by field as problems name them, the first fifty."""
    return [{"field": field, "detail": detail} for field, detail in islice(errors.items(), NAMED_AT_MOST)]


class _AmbiguousError(ValueError):
    """JSON that not every reader reads alike."""


def _sent() -> bytes:
    """Read no more than may be sent, whatever the headers promise."""
    sent = bytearray()
    while (request.content_length or 0) <= LARGEST_ARRAY >= len(sent):
        piece = request.stream.read(LARGEST_ARRAY + 1 - len(sent))
        if not piece:
            return bytes(sent)
        sent += piece
    raise RefusedBodyError(413, "The body is larger than 5 MiB.")


def _charset() -> str:
    return request.mimetype_params.get("charset", "utf-8").lower()


def _no_constant(name: str) -> object:
    raise _AmbiguousError(f"{name} is no number")


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _AmbiguousError("an object names a field twice")
    return found
