"""Reading the SQL behind a number."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.sql import Query
from tests.cast import FIONA, signed_in


@pytest.fixture
def fiona(app: Flask) -> FlaskClient:
    return signed_in(app, FIONA)


def test_a_query_says_what_it_is_and_where_it_is_shown(fiona: FlaskClient) -> None:
    html = fiona.get("/queries/finance/ledger_row_totals").get_data(as_text=True)
    assert "What all ledger rows of a period and its filters add up to" in html
    assert 'href="/finance/ledger-rows">Ledger rows</a>' in html
    assert "from usage_daily" in html


def test_every_declared_query_can_be_read(fiona: FlaskClient) -> None:
    for name in Query.declared:
        assert fiona.get(f"/queries/{name}").status_code == 200, name


@pytest.mark.parametrize("name", ["finance/nothing", "../pyproject.toml", "finance/ledger_rows.sql", "%2e%2e/x"])
def test_only_declared_queries_can_be_read(fiona: FlaskClient, name: str) -> None:
    assert fiona.get(f"/queries/{name}").status_code == 404
