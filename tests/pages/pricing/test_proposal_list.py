"""Pricing → Proposals: the list, whoever reads it, and the company with one admin."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import ADAM, ANNA, Person, hire, signed_in
from tests.pages.pricing.proposing import drafted, names, read, sends, submitted


@pytest.fixture
def adam(fresh_app: Flask) -> FlaskClient:
    return signed_in(fresh_app, ADAM)


def test_where_nobody_else_may_approve_the_page_says_so(fresh_app: Flask) -> None:
    alone = signed_in(fresh_app, Person("Eve", "admin"))
    where = drafted(alone)
    assert "Nobody else may approve it." in read(alone, where)
    sends(alone, f"{where}/submission")
    assert "An owner can invite another admin." in read(alone, where)


def test_the_list_has_tabs_filters_an_order_and_search(fresh_app: Flask, adam: FlaskClient) -> None:
    anna = signed_in(fresh_app, ANNA)
    assert "Nothing waits for you." in read(anna, "?state=waiting")
    submitted(adam)
    drafted(anna, tier="pro_max", multiplier="1.45")
    assert names(read(anna, "?state=waiting")) == ["Pro"]
    assert names(read(adam, "?state=waiting")) == []
    assert names(read(adam, "?state=draft")) == ["Pro Max"]
    assert names(read(adam, "?q=pc-0006")) == ["Pro"]
    assert names(read(adam, "?q=%25")) == []
    assert len(names(read(adam, "?scope=tier"))) == 7
    assert "No such proposal." in read(adam, "?scope=model")
    assert names(read(adam, "?sort=-multiplier"))[:2] == ["Free", "Pro"]
    assert names(read(adam, "?sort=multiplier"))[-1] == "Free"
    author = hire(fresh_app, ANNA).person_id
    assert names(read(adam, f"?author={author}")) == ["Pro Max"]
    assert "The address asks for an unknown state" in read(adam, "?state=nonsense")
    assert "could not be read" in read(adam, "?cursor=x")


def test_the_list_pages_both_ways_without_losing_one(adam: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.reports.pricing.proposals.ROWS_PER_PAGE", 2)
    for order in ("multiplier", "-changed"):
        found, page = [], read(adam, f"?sort={order}")
        while True:
            found += names(page)
            older = re.search(r'href="([^"]*)"[^>]*>Older', page)
            if older is None:
                break
            page = unescape(adam.get(older[1]).text)
        assert len(found) == len(set(found)) == 5
        newer = re.search(r'href="([^"]*)"[^>]*>← Newer', page)
        assert newer
        assert names(unescape(adam.get(newer[1]).text)) == found[2:4]
