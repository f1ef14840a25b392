"""`Idempotency-Key`: a money request is carried out once, and repeated answers are the same to the byte."""

from collections.abc import Callable, Mapping
from hashlib import sha256

from flask import Response, request

from dashboard.access import current_actor, now
from dashboard.actions.answer_once import Kept, answer_once
from dashboard.api import bodies
from dashboard.api.bodies import RefusedBodyError

HEADER = "Idempotency-Key"
LONGEST_KEY = 255


def once(act: Callable[[Mapping[str, object]], Kept]) -> Response:
    """Read the body, carry it out once per key of this caller and route, and answer what was answered first."""
    key = _key()
    body = bodies.sent()
    raw = bodies.json_object(body)
    route = f"{request.method} {request.path}"
    kept = answer_once(current_actor(), route, key, sha256(body).digest(), lambda: act(raw), now=now())
    replayed = {"Idempotent-Replayed": "true"} if kept.replayed else {}
    return Response(kept.body, kept.status, replayed, content_type="application/json")


def _key() -> str:
    key = request.headers.get(HEADER, "").strip()
    if not key:
        detail = f"Send a header {HEADER} of your own choice: whoever sends the same again moves no money twice."
        raise RefusedBodyError(400, detail)
    if len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise RefusedBodyError(400, f"{HEADER} must be 1 to {LONGEST_KEY} printable ASCII characters.")
    return key
