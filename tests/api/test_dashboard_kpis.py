"""GET /admin/analytics/dashboard-kpis, as a program and as a person."""

import json
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from dashboard import db
from tests.cast import FIONA, at, key, signed_in
from tests.shop import NOW, open_shop

KPIS = "/admin/analytics/dashboard-kpis"
USED = """
    select sum(credits_deducted) from token_usage_ledger
    where request_started_at >= :start and request_started_at < :end
"""


@pytest.fixture(scope="module")
def open_app(app: Flask) -> Flask:
    open_shop(app, folded=False)
    return app


def asked(app: Flask, period: str = "30d") -> Any:
    with at(app, NOW):
        answer = signed_in(app, FIONA).get(f"{KPIS}?period={period}")
    assert answer.status_code == 200
    return answer.get_json()


def used(app: Flask, start: str, end: str) -> Decimal:
    with app.app_context(), db.snapshot() as connection:
        return Decimal(connection.execute(text(USED), {"start": start, "end": end}).scalar_one())


def test_credits_consumed_are_what_the_ledger_deducted_in_whole_days(open_app: Flask) -> None:
    found = asked(open_app)
    assert (found["from"], found["to"]) == ("2026-10-01", "2026-10-31")
    now, before = used(open_app, "2026-10-01", "2026-10-31"), used(open_app, "2026-09-01", "2026-10-01")
    assert Decimal(found["creditsConsumed"]["value_credits"]) == now
    assert found["creditsConsumed"]["value"] == int(now)
    assert Decimal(found["creditsConsumed"]["change"]["value"]) == round((now - before) * 100 / before, 2)


def test_active_users_are_accounts_that_pay_and_beside_them_those_with_usage(open_app: Flask) -> None:
    found = asked(open_app)["activeUsers"]
    assert found["value"] == 3
    assert found["change"] == {"value": "0.00", "trend": "neutral", "label": None}
    assert found["withUsage"]["value"] == 4


def test_what_nothing_feeds_yet_is_null_and_not_zero(open_app: Flask) -> None:
    found = asked(open_app)
    assert found["totalRevenue"]["value"] is None
    assert found["totalRevenue"]["value_usd"] is None
    assert set(found["totalRevenue"]["breakdown"].values()) == {None}
    assert found["couponRedemptions"]["value"] is None
    assert found["couponRedemptions"]["totalDiscount"] is None


def test_from_nothing_to_something_is_new_and_has_no_percentage(open_app: Flask) -> None:
    change = asked(open_app, "90d")["creditsConsumed"]["change"]
    assert change == {"value": None, "trend": "up", "label": "new"}


@pytest.mark.parametrize("period", ["7d", "30d", "90d", "1y"])
def test_no_figure_is_a_float(open_app: Flask, period: str) -> None:
    def refuse(written: str) -> None:
        pytest.fail(f"{written} is a float")

    json.loads(json.dumps(asked(open_app, period)), parse_float=refuse)


def test_an_unknown_period_is_a_problem_in_plain_words(open_app: Flask) -> None:
    answer = signed_in(open_app, FIONA).get(f"{KPIS}?period=fortnight")
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert "7d, 30d, 90d, 1y" in json.loads(answer.data)["detail"]


def test_a_key_needs_the_scope_to_read_analytics(open_app: Flask) -> None:
    reader, _ = key(open_app, "analytics:read")
    writer, _ = key(open_app, "usage:write")
    client = open_app.test_client()
    assert client.get(KPIS, headers={"Authorization": f"Bearer {reader}"}).status_code == 200
    assert client.get(KPIS, headers={"Authorization": f"Bearer {writer}"}).status_code == 403
    assert client.get(KPIS).status_code == 401
