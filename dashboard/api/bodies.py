"""What a program sends to hold, take or give credits: one JSON object of a bounded size, with exact numbers."""

from collections.abc import Mapping

from flask import request

from dashboard.api.usage_bodies import JSON, RefusedBodyError, parsed

MOST_BYTES = 256 * 1024
MOST_DROPPED = 32 * 1024 * 1024
AT_A_TIME = 64 * 1024


def sent(most_bytes: int = MOST_BYTES) -> bytes:
    """Return the bytes of a JSON body; RefusedBodyError when they are too many or called something else."""
    if request.mimetype != JSON or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise RefusedBodyError(415, f"Send {JSON} in UTF-8.")
    body, size = bytearray(), 0
    # What is too much is read on and dropped: who is still sending would never hear why it was refused.
    while size <= MOST_DROPPED and (part := request.stream.read(AT_A_TIME)):
        size += len(part)
        body += part if size <= most_bytes else b""
    if size > most_bytes:
        raise RefusedBodyError(413, f"The body is larger than {most_bytes:,} bytes.")
    return bytes(body)


def json_object(body: bytes) -> Mapping[str, object]:
    """Read one JSON object; RefusedBodyError when it is none."""
    found = parsed(body)
    if not isinstance(found, dict):
        raise RefusedBodyError(400, "The body must be one JSON object.")
    return found
