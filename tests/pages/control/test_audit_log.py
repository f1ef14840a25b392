"""Control → Audit log: found again by who, what, on what and when; page by page; as a file."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.pages.control.audit_changes import FieldChange, changes, written
from dashboard.store.audit import record
from tests.cast import AUD, signed_in

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LOG = "/control/audit-log"


@pytest.fixture(scope="module")
def aud(app: Flask) -> FlaskClient:
    """Aud, who reads a log of 120 lines on 120 days."""
    with app.app_context(), db.transaction() as session:
        for number in range(120):
            actor = Actor("Fiona" if number % 3 else "=Adam", "finance" if number % 3 else "admin")
            verb = "change_price" if number % 2 else "approve_price"
            at = START + timedelta(days=number)
            after = {"multiplier": "1.20", "n": number}
            record(
                session,
                actor,
                verb,
                "price",
                f"P-{number}",
                before={"multiplier": "1.10"},
                after=after,
                reason="it was time",
                now=at,
            )
    return signed_in(app, AUD)


def shown(page: str) -> list[int]:
    return [int(number) for number in re.findall(r">P-(\d+)<", page)]


def link(page: str, words: str) -> str:
    found = re.search(r'href="([^"]+)"[^>]*>' + words, page)
    assert found, words
    return found[1].replace("&amp;", "&")


def test_the_latest_line_is_first_and_pages_lead_to_the_first_and_back(aud: FlaskClient) -> None:
    first = aud.get(LOG).text
    second = aud.get(link(first, "Older")).text
    third = aud.get(link(second, "Older")).text
    assert shown(first) == list(range(119, 69, -1))
    assert shown(second) == list(range(69, 19, -1))
    assert shown(third) == list(range(19, -1, -1))
    assert "Older" not in third
    assert shown(aud.get(link(third, "← Newer")).text) == shown(second)
    assert shown(aud.get(link(aud.get(link(third, "← Newer")).text, "← Newer")).text) == shown(first)


def test_filters_stand_in_the_address_and_can_be_taken_off(aud: FlaskClient) -> None:
    page = aud.get(f"{LOG}?actor=Fiona&verb=change_price&from=2026-03-02&to=2026-03-12").text
    assert shown(page) == [11, 7, 5, 1]
    assert "Who: Fiona" in page
    assert shown(aud.get(link(page, "Who: Fiona")).text) == [11, 9, 7, 5, 3, 1]
    assert shown(aud.get(f"{LOG}?object=price&id=P-7").text) == [7]


def test_a_day_that_is_none_is_said_so_and_every_day_is_shown(aud: FlaskClient) -> None:
    page = aud.get(f"{LOG}?from=yesterday&object=price").text
    assert "“yesterday” is not a day; every day is shown." in page
    assert len(shown(page)) == 50
    assert "This is before the first day" in aud.get(f"{LOG}?from=2026-03-05&to=2026-03-04").text


@pytest.mark.parametrize("cursor", ["older-x", "older-", "x-1", "older-99999999999999999999999", "'", "newer--1"])
def test_a_cursor_nobody_gave_shows_the_first_page(aud: FlaskClient, cursor: str) -> None:
    response = aud.get(LOG, query_string={"cursor": cursor, "object": "price"})
    assert response.status_code == 200
    assert shown(response.text)[0] == 119


def test_filters_that_leave_nothing_say_so(aud: FlaskClient) -> None:
    assert "Nothing was done that fits these filters" in aud.get(f"{LOG}?actor=Nobody").text


def test_htmx_gets_the_lines_alone(aud: FlaskClient) -> None:
    region = aud.get(LOG, headers={"HX-Request": "true", "HX-Target": "div#control-audit-log-lines"}).text
    assert region.lstrip().startswith('<div id="control-audit-log-lines"')
    assert "<html" not in region


def test_the_file_holds_every_line_the_filters_leave_and_runs_no_formula(aud: FlaskClient) -> None:
    with aud.get(f"{LOG}/export/csv?object=price") as response:
        rows = list(csv.DictReader(io.StringIO(response.get_data(as_text=True))))
    assert [row["Object"] for row in rows] == [f"P-{number}" for number in range(119, -1, -1)]
    assert rows[-1]["Who"] == "'=Adam"
    assert rows[-1]["Change"] == "multiplier: 1.10 → 1.20; n: 0"
    assert all(len(row["SHA-256"]) == 64 for row in rows)
    with aud.get(f"{LOG}/export/xlsx?object=price&actor=Fiona") as response:
        assert response.data[:2] == b"PK"


def test_the_chain_is_checked_on_the_page(aud: FlaskClient) -> None:
    assert "Every link holds." in aud.get(f"{LOG}/chain").text
    assert "Every line is in the chain." in aud.get(LOG).text


def test_a_change_is_shown_field_by_field() -> None:
    found = changes({"role": "admin", "kept": 1, "gone": ["a", "b"]}, {"role": "owner", "kept": 1, "came": True})
    assert found == [
        FieldChange("role", "admin", "owner"),
        FieldChange("gone", "a, b", None),
        FieldChange("came", None, "yes"),
    ]
    assert [written(change) for change in found] == ["role: admin → owner", "gone: a, b → none", "came: yes"]
    assert changes(None, None) == []
