"""A program that calls the API with a key."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Flask
from werkzeug.test import TestResponse

from dashboard.actions.create_api_key import create_api_key
from dashboard.engine.actors import SHELL
from dashboard.engine.api_keys import KeyWanted

SCOPES = ("usage:write", "credits:read", "credits:write")
ADA = "ada@example.com"
# 1,000 in and 2,000 out cost $0.035; twice that on the free tier is 70 credits.
USED = {"provider": "openai", "model": "gpt-4o", "input_tokens": 1000, "output_tokens": 2000}


@dataclass(frozen=True)
class Program:
    """One key on one app; what it sends and what it hears is JSON."""

    app: Flask
    key: str
    key_id: UUID

    def post(self, path: str, body: object = None, once: str | None = None) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.key}"} | ({"Idempotency-Key": once} if once else {})
        sent = body if isinstance(body, (str, bytes)) else json.dumps(body)
        return self.app.test_client().post(
            f"/api/v1{path}", data=sent, headers=headers, content_type="application/json"
        )

    def get(self, path: str) -> TestResponse:
        return self.app.test_client().get(f"/api/v1{path}", headers={"Authorization": f"Bearer {self.key}"})

    def balance(self) -> dict[str, str]:
        found: dict[str, Any] = self.get(f"/credits/balance?customer={ADA}").get_json()
        return {name: found[name] for name in ("balance", "spendable", "held")}


def program(app: Flask, *scopes: str, **limits: Any) -> Program:
    with app.app_context():
        made = create_api_key(SHELL, KeyWanted("a gateway", scopes or SCOPES, **limits), now=datetime.now(UTC))
    return Program(app, made.key, made.api_key_id)


def request_id(number: int) -> str:
    return str(UUID(int=number))


def now_text() -> str:
    return datetime.now(UTC).isoformat()


def fields_of(answer: TestResponse) -> set[str]:
    assert answer.content_type == "application/problem+json"
    return {error["field"] for error in json.loads(answer.data)["errors"]}
