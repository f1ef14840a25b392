"""Vendors' prices in years nobody meant."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard import db
from dashboard.actions.set_vendor_prices import set_vendor_prices
from dashboard.engine.actors import SHELL
from dashboard.engine.price_lists import ListedPrice
from dashboard.engine.rating import Rates
from dashboard.pages.pricing.vendor_prices.drawing import step_chart
from dashboard.reports.pricing.vendor_prices import vendor_price_history
from tests.cast import ADAM, at, signed_in
from tests.pages.pricing.price_desk import HEADER, PRICES, page, sent
from tests.shop import NOW, open_shop


@pytest.fixture(scope="module")
def shop(app: Flask) -> Flask:
    open_shop(app)
    return app


@pytest.fixture
def adam(shop: Flask) -> Iterator[FlaskClient]:
    with at(shop, NOW):
        yield signed_in(shop, ADAM)


def test_no_price_starts_or_ends_in_a_year_nobody_meant(shop: Flask, adam: FlaskClient) -> None:
    far, kept = "9999-12-31", page(adam, f"{PRICES}/export/csv/openai/gpt-4o")
    typed: dict[str, Any] = {
        "provider": "openai",
        "model": "gpt-4o",
        "input_price_per_1k": "0.004",
        "output_price_per_1k": "0.012",
    }
    said = f"is {far}, more than 5 years ahead"
    assert said in sent(adam, f"{PRICES}/prices", 422, **typed, effective_from=far)
    lists = BytesIO(f"{HEADER.strip()},effective_from\nopenai,gpt-4o,0.004,0.012,{far}\n".encode())
    where = sent(adam, f"{PRICES}/lists", form="csv", file=(lists, "far.csv"))
    assert said in page(adam, where)
    line = sent(adam, f"{PRICES}/prices", **typed).removeprefix("/")
    assert said in sent(adam, f"/{line}/acceptance", 422, effective_from=far)
    ending = re.search(r'action="([^"]+/end)"', page(adam, f"{PRICES}/openai/gpt-4o"))
    assert ending
    form: dict[str, Any] = {"provider": "openai", "model": "gpt-4o", "reason": "Withdrawn", "ends_at": far}
    assert f"The end {said}. Nothing was changed." in sent(adam, ending[1], 422, **form)
    assert page(adam, f"{PRICES}/export/csv/openai/gpt-4o") == kept


def test_a_price_of_the_last_day_of_the_calendar_leaves_its_models_page_readable(
    shop: Flask, adam: FlaskClient
) -> None:
    price = Rates(Decimal("0.002"), Decimal("0.011"))
    last = ListedPrice(
        "far", "google", "gemini-2.5-pro", price, effective_from=datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    )
    with shop.app_context():
        assert set_vendor_prices([last], source="test", actor=SHELL, now=NOW).added
        with db.snapshot() as connection:
            chart = step_chart(vendor_price_history.all(connection, provider="google", model="gemini-2.5-pro"), NOW)
    assert chart.plot
    assert len(chart.plot.days) <= 800
    assert "9999" in page(adam, f"{PRICES}/google/gemini-2.5-pro")
    page(adam, PRICES)
