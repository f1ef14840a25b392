"""What a program sends: JSON in UTF-8 that says one thing only, of a bounded size, with exact numbers."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from itertools import islice

from flask import request

JSON = "application/json"
CLOUD_EVENT, CLOUD_EVENTS = "application/cloudevents+json", "application/cloudevents-batch+json"
USAGE = (JSON, CLOUD_EVENT, CLOUD_EVENTS)
KIB, MIB = 2**10, 2**20
MOST_BYTES = 256 * KIB
LARGEST_EVENT, LARGEST_ARRAY = MIB, 5 * MIB
MOST_DROPPED = 32 * MIB
AT_A_TIME = 64 * KIB
NAMED_AT_MOST = 50


class RefusedBodyError(Exception):
    """A body that cannot be taken at all, and the status that says so."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        super().__init__(f"{detail} Nothing was changed.")


def usage() -> object:
    """Return one event or an array of them; raise RefusedBodyError (400, 413, 415)."""
    body = sent(LARGEST_ARRAY, USAGE)
    found = parsed(body)
    if not isinstance(found, list) and len(body) > LARGEST_EVENT:
        raise RefusedBodyError(413, "A single event is at most 1 MiB.")
    if request.mimetype != JSON and isinstance(found, list) != (request.mimetype == CLOUD_EVENTS):
        raise RefusedBodyError(400, f"{CLOUD_EVENT} is one object, {CLOUD_EVENTS} an array.")
    return found


def json_object(body: bytes) -> Mapping[str, object]:
    """Read one JSON object; RefusedBodyError when it is none."""
    found = parsed(body)
    if not isinstance(found, dict):
        raise RefusedBodyError(400, "The body must be one JSON object.")
    return found


def sent(most_bytes: int = MOST_BYTES, types: tuple[str, ...] = (JSON,)) -> bytes:
    """Return the bytes of a JSON body; RefusedBodyError when they are too many or called something else."""
    if request.mimetype not in types or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        named = ", ".join(types[:-1]) + (" or " if types[:-1] else "") + types[-1]
        raise RefusedBodyError(415, f"Send {named} in UTF-8.")
    body, size = bytearray(), 0
    # What is too much is read on and dropped: who is still sending would never hear why it was refused.
    while size <= MOST_DROPPED and (part := request.stream.read(AT_A_TIME)):
        size += len(part)
        body += part if size <= most_bytes else b""
    if size > most_bytes:
        allowed = f"{most_bytes // MIB} MiB" if most_bytes >= MIB else f"{most_bytes // KIB} KiB"
        raise RefusedBodyError(413, f"The body is larger than {allowed}.")
    return bytes(body)


def parsed(body: bytes) -> object:
    """Return JSON as Python has it, numbers as int and Decimal; refuse what readers would understand differently."""
    try:
        return json.loads(
            body.decode("utf-8"), parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_no_duplicates
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


def _no_constant(name: str) -> object:
    raise _AmbiguousError(f"{name} is no number")


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _AmbiguousError("an object names a field twice")
    return found
