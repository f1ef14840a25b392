"""What a program sends to hold, take or give credits: one JSON object of a bounded size, with exact numbers."""

from collections.abc import Mapping

from flask import request

from dashboard.api.usage_bodies import JSON, RefusedBodyError, parsed

MOST_BYTES = 256 * 1024


def sent(most_bytes: int = MOST_BYTES) -> bytes:
    """Return the bytes of a JSON body; RefusedBodyError when they are too many or called something else."""
    if request.mimetype != JSON or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise RefusedBodyError(415, f"Send {JSON} in UTF-8.")
    body = bytearray()
    while len(body) <= most_bytes and (part := request.stream.read(most_bytes + 1 - len(body))):
        body += part
    if len(body) > most_bytes:
        raise RefusedBodyError(413, f"The body is larger than {most_bytes:,} bytes.")
    return bytes(body)


def json_object(body: bytes) -> Mapping[str, object]:
    """Read one JSON object; RefusedBodyError when it is none."""
    found = parsed(body)
    if not isinstance(found, dict):
        raise RefusedBodyError(400, "The body must be one JSON object.")
    return found
