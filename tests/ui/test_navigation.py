from collections import Counter

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from dashboard.ui.links import Sort, kept_query, url_with, url_without
from dashboard.ui.navigation import TREE, navigation
from tests.ui.kit import kit_app


@pytest.fixture
def app() -> Flask:
    app = kit_app(may_open=lambda endpoint: endpoint != "operators")
    for path, name in (("/", "overview"), ("/finance/margins", "margins"), ("/control/operators", "operators")):
        app.add_url_rule(path, name, lambda: "")
    return app


def titles(app: Flask, path: str) -> dict[str, list[tuple[str, bool]]]:
    with app.test_request_context(path):
        areas = navigation(lambda endpoint: endpoint != "operators")
        return {area.title: [(link.title, link.current) for link in area.links] for area in areas}


def test_finance_sees_only_pages_that_exist_and_are_theirs(app: Flask) -> None:
    assert titles(app, "/") == {"": [("Overview", True)], "Finance": [("Margins", False)]}


def test_a_page_below_margins_keeps_margins_marked(app: Flask) -> None:
    assert titles(app, "/finance/margins/rows")["Finance"] == [("Margins", True)]
    assert titles(app, "/finance/margins-old")["Finance"] == [("Margins", False)]


def test_no_two_pages_share_a_path_or_a_key() -> None:
    pages = [page for _, pages in TREE for page in pages]
    for used in (Counter(page.path for page in pages), Counter(page.key for page in pages if page.key)):
        assert max(used.values()) == 1


def test_a_link_changes_one_thing_and_keeps_the_rest(app: Flask) -> None:
    with app.test_request_context("/finance/margins?tier=pro&tier=free&cursor=abc&group=model"):
        assert url_with(group="tier", cursor=None) == "/finance/margins?tier=pro&tier=free&group=tier"
        assert url_without("tier", "pro") == "/finance/margins?tier=free&group=model"
        assert kept_query("group") == [("tier", "pro"), ("tier", "free")]
        assert url_with(tier=None, cursor=None, group=None) == "/finance/margins"


def test_a_heading_sorts_numbers_largest_first_and_turns_on_the_second_click() -> None:
    allowed = ("margin", "name")
    assert Sort.parse(None, allowed, "-margin") == Sort("margin", "descending")
    assert Sort.parse("name", allowed, "-margin") == Sort("name", "ascending")
    assert Sort.parse("password_hash", allowed, "-margin") == Sort("margin", "descending")
    assert Sort("margin").next("margin", numeric=True) == "margin"
    assert Sort("name", "ascending").next("margin", numeric=True) == "-margin"
    assert Sort("margin").next("name", numeric=False) == "name"


def test_a_query_from_outside_is_escaped(app: Flask) -> None:
    with app.test_request_context("/finance/margins", query_string=MultiDict({"model": 'a"><script>&b'})):
        assert url_with(sort="x") == "/finance/margins?model=a%22%3E%3Cscript%3E%26b&sort=x"
