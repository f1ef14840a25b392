"""Experiments: estimated before and used after by one rating, on our key or the customer's own."""

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.api.reporting import event
from tests.cast import at, key
from tests.shop import NOW, UNPRICED, open_shop
from tests.unchanged import unchanged

ESTIMATE = "/api/v1/experiments/estimate"
TOKENS = {"provider": "openai", "model": "gpt-4o", "input_tokens": 1000, "output_tokens": 2000}


@pytest.fixture(scope="module")
def headers(app: Flask) -> dict[str, str]:
    open_shop(app, requests=4)
    return {"Authorization": f"Bearer {key(app, 'usage:write', 'credits:read')[0]}"}


def ask(app: Flask, headers: dict[str, str], **changes: Any) -> TestResponse:
    body = {"customer": "dora@example.com", "api_key_mode": "system", "requests": 3, **TOKENS, **changes}
    with at(app, NOW):
        return app.test_client().post(ESTIMATE, json=body, headers=headers)


def said(answer: TestResponse) -> dict[str, Any]:
    return dict(answer.get_json())


def listed(app: Flask, headers: dict[str, str], experiment_id: str) -> dict[str, Any]:
    with at(app, NOW):
        answer = app.test_client().get("/api/v1/experiments?customer=dora@example.com", headers=headers)
    (found,) = [one for one in said(answer)["experiments"] if one["experiment_id"] == experiment_id]
    return dict(found)


@pytest.mark.parametrize("key_mode", ["system", "own"])
def test_what_was_estimated_is_what_is_used(app: Flask, headers: dict[str, str], key_mode: str) -> None:
    experiment_id = str(uuid4())
    asked = ask(app, headers, experiment_id=experiment_id, api_key_mode=key_mode)
    assert (asked.status_code, said(asked)["is_estimate"]) == (201, True)
    assert (said(asked)["estimated_credits"] == "0.000000") == (key_mode == "own")
    with at(app, NOW):
        for _ in range(3):
            used = event(experiment_id=experiment_id, key_mode=key_mode)
            assert app.test_client().post("/api/v1/usage", json=used, headers=headers).status_code == 201
    found = listed(app, headers, experiment_id)
    assert found["requests"] == found["requests_expected"] == 3
    assert found["credits_used"] == found["estimated_credits"] == said(asked)["estimated_credits"]


def test_an_estimate_without_an_id_is_not_kept_and_one_with_an_id_is_kept_once(
    app: Flask, headers: dict[str, str]
) -> None:
    with unchanged(app):
        assert ask(app, headers).status_code == 200
    experiment_id = str(uuid4())
    first = ask(app, headers, experiment_id=experiment_id)
    with unchanged(app):
        again = ask(app, headers, experiment_id=experiment_id)
        other = ask(app, headers, experiment_id=experiment_id, requests=4)
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert said(again)["estimated_credits"] == said(first)["estimated_credits"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"customer": "nobody@example.com"}, 422),
        ({"provider": "nobody"}, 422),
        ({"model": UNPRICED}, 422),
        ({"api_key_mode": "theirs"}, 422),
        ({"requests": 0}, 422),
        ({"input_tokens": -1}, 422),
        ({"experiment_id": "x"}, 422),
        ({"colour": "red"}, 422),
    ],
)
def test_what_cannot_be_estimated_is_refused(
    app: Flask, headers: dict[str, str], changes: dict[str, Any], status: int
) -> None:
    with unchanged(app):
        assert ask(app, headers, **changes).status_code == status


def test_a_list_names_its_customer(app: Flask, headers: dict[str, str]) -> None:
    for query in ("", "?customer=nobody@example.com", "?customer=dora@example.com&colour=red"):
        assert app.test_client().get(f"/api/v1/experiments{query}", headers=headers).status_code == 422
