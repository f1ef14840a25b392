"""A program that reports usage at the shop's hour, for tests."""

import json
from datetime import timedelta
from uuid import uuid4

from flask import Flask
from werkzeug.test import TestResponse

from dashboard.engine.usage import utc_text
from tests.shop import NOW

USAGE = "/api/v1/usage"
STARTED = utc_text(NOW - timedelta(hours=1))


class Gateway:
    """A program and its key."""

    def __init__(self, app: Flask, secret: str) -> None:
        self.app = app
        self.headers = {"Authorization": f"Bearer {secret}"}

    def post(self, body: object, query: str = "", content_type: str = "application/json") -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body)
        return self.app.test_client().post(
            f"{USAGE}{query}", data=data, content_type=content_type, headers=self.headers
        )

    def get(self, path: str) -> TestResponse:
        return self.app.test_client().get(f"{USAGE}/{path}", headers=self.headers)


def event(**changes: object) -> dict[str, object]:
    """Return one good request of Dora's, with changes."""
    return {
        "request_id": str(uuid4()),
        "customer": "dora@example.com",
        "provider": "openai",
        "model": "gpt-4o",
        "input_tokens": 1000,
        "output_tokens": 2000,
        "request_started_at": STARTED,
        **changes,
    }
