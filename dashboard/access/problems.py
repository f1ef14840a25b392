"""Refusals as `application/problem+json` (RFC 9457), without internals."""

import json
from http import HTTPStatus

from flask import Response


def problem(status: int, detail: str, *, headers: dict[str, str] | None = None, **members: object) -> Response:
    """Answer a machine: `type`, `title`, `status`, `detail`, and whatever else names the fault."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **members}
    return Response(json.dumps(body), status, headers, content_type="application/problem+json")
