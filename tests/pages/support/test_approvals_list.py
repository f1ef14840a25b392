"""Support → Approvals, the list: tabs and filters in the address, page by page, in order, as a file; prices and plans beside credits."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard import db
from dashboard.actions.reject import reject
from dashboard.actions.request_approval import request_approval
from dashboard.actions.withdraw import withdraw
from dashboard.engine.by_hand import DeductionOrder, GrantOrder
from tests.actions.plan_changes import DEARER, proposes
from tests.books import ADA, Story
from tests.cast import ADAM, ANNA, AUD, FIONA, OLGA, SAM, Person, hire, signed_in
from tests.desk import propose
from tests.incidents import ordered, play, standing, wanted
from tests.pages.support.deciding import INBOX, decides, reads, seen

NOW = datetime.now(UTC)
MANY = 55


@pytest.fixture(scope="module")
def asked(app: Flask) -> list[UUID]:
    """Sam asks for 55 grants, one a minute, each a thousand credits larger; the latest first."""
    Story(app)
    sam = hire(app, SAM)
    made = []
    with app.app_context():
        for number in range(MANY):
            order = GrantOrder(ADA.user_id, uuid4(), Decimal(100_000 + 1_000 * number), "goodwill")
            with db.transaction() as session:
                at = NOW - timedelta(hours=2) + timedelta(minutes=number)
                made.append(request_approval(session, sam, order, why="above the limit", now=at).request_id)
    return made[::-1]


@pytest.fixture(scope="module")
def olga(app: Flask, asked: list[UUID]) -> FlaskClient:
    """Olga, an owner, who decides everything."""
    return signed_in(app, OLGA)


@pytest.fixture(scope="module")
def decided(app: Flask, asked: list[UUID]) -> list[UUID]:
    """Two deductions: one that Sam withdrew, one that Anna rejected."""
    sam, anna = hire(app, SAM), hire(app, ANNA)
    made = []
    with app.app_context():
        for _ in range(2):
            with db.transaction() as session:
                order = DeductionOrder(ADA.user_id, Decimal(7), "mistake")
                made.append(request_approval(session, sam, order, why="always", now=NOW).request_id)
        withdraw(sam, made[0], now=NOW)
    shown = seen(app, made[1])
    with app.app_context():
        reject(anna, made[1], seen_sha256=shown, reason="Not ours", now=NOW)
    return made


def listed(page: str) -> list[UUID]:
    body = page.partition("<tbody>")[2]
    return [UUID(one) for one in re.findall(rf'<th scope="row"[^>]*><a href="{INBOX}/([0-9a-f-]+)">', body)]


def link(page: str, words: str) -> str:
    found = re.search(r'href="([^"]+)"[^>]*>' + re.escape(words), page)
    assert found, words
    return unescape(found[1]).removeprefix(INBOX)


def test_pages_lead_through_all_of_them_and_back(olga: FlaskClient, asked: list[UUID]) -> None:
    first = reads(olga, "?kind=grant_credits&show=pending")
    assert listed(first) == asked[:50]
    second = reads(olga, link(first, "Older →"))
    assert listed(second) == asked[50:]
    assert listed(reads(olga, link(second, "← Newer"))) == asked[:50]


@pytest.mark.parametrize(
    ("sort", "latest_first"),
    [
        ("-asked", True),
        ("asked", False),
        ("-credits", True),
        ("credits", False),
        ("expires", False),
        ("-expires", True),
    ],
)
def test_every_heading_sorts_and_keeps_its_order_over_pages(
    olga: FlaskClient, asked: list[UUID], sort: str, *, latest_first: bool
) -> None:
    first = reads(olga, f"?show=pending&kind=grant_credits&sort={sort}")
    second = reads(olga, link(first, "Older →"))
    assert listed(first) + listed(second) == (asked if latest_first else asked[::-1])


def test_tabs_and_filters_stand_in_the_address_and_can_be_taken_off(
    app: Flask, olga: FlaskClient, decided: list[UUID]
) -> None:
    page = reads(olga, "?show=decided&kind=deduct_by_hand")
    assert set(listed(page)) == set(decided)
    for words in ("Withdrawn", "Rejected", "Anna", "Credits to take by hand ✕"):
        assert words in re.sub(r"<[^>]+>", "", page), words
    assert "No such request." in reads(olga, "?show=decided&kind=grant_credits")
    sam = hire(app, SAM)
    assert set(listed(reads(olga, f"?show=decided&who={sam.person_id}"))) == set(decided)
    assert set(listed(reads(olga, f"?show=decided&customer={ADA.user_id}"))) == set(decided)
    assert listed(reads(olga, f"?show=decided&customer={uuid4()}")) == []


@pytest.mark.parametrize("query", ["show=x", "kind=x", "who=x", "cursor=x", "cursor=after~1~x", "sort=x", "customer=x"])
def test_what_the_address_says_wrongly_is_left_aside(olga: FlaskClient, query: str) -> None:
    assert len(listed(reads(olga, f"?{query}"))) >= 1


def test_the_file_holds_everything_the_filters_leave(olga: FlaskClient, asked: list[UUID]) -> None:
    with olga.get(f"{INBOX}/export/csv?show=pending&kind=grant_credits&sort=credits") as response:
        rows = list(csv.DictReader(io.StringIO(response.get_data(as_text=True))))
    assert [UUID(row["Id"]) for row in rows] == asked[::-1]
    assert sum(Decimal(row["Credits"]) for row in rows) == sum(100_000 + 1_000 * number for number in range(MANY))
    assert {row["Why it needs a second person"] for row in rows} == {"above the limit"}
    with olga.get(f"{INBOX}/export/xlsx?show=decided") as response:
        assert response.data[:2] == b"PK"


def test_what_is_soonest_over_comes_first_to_who_decides(olga: FlaskClient, asked: list[UUID]) -> None:
    assert listed(reads(olga, "?kind=grant_credits")) == asked[::-1][:50]


def test_htmx_gets_the_list_alone(olga: FlaskClient) -> None:
    headers = {"HX-Request": "true", "HX-Target": "support-approvals-list"}
    assert olga.get(INBOX, headers=headers).text.lstrip().startswith('<div id="support-approvals-list"')


@pytest.mark.parametrize("person", [OLGA, FIONA, SAM], ids=lambda person: person.role)
def test_prices_and_plans_wait_here_too_for_those_who_read_prices_and_are_decided_on_their_own_pages(
    app: Flask, asked: list[UUID], person: Person
) -> None:
    price = propose(app, hire(app, ADAM), multiplier=Decimal("1.7"), tier="pro_max")
    with app.app_context():
        plan = proposes(app, DEARER)
    page = reads(signed_in(app, person), "?show=pending")
    reads_prices = person is not SAM
    assert (f'href="/pricing/proposals/{price}"' in page) is reads_prices
    assert (f'href="/pricing/tiers/changes/{plan}"' in page) is reads_prices
    assert ("New terms of a tier" in page) is reads_prices
    leads = signed_in(app, person).get(f"{INBOX}/{plan}")
    assert (leads.status_code, leads.headers.get("Location")) == (
        (303, f"/pricing/tiers/changes/{plan}") if reads_prices else (404, None)
    )
    with app.app_context():
        withdraw(hire(app, ADAM), plan, now=datetime.now(UTC))


def test_a_batch_after_an_incident_waits_here_with_what_it_gives_back(fresh_app: Flask) -> None:
    customers = [
        play(fresh_app, name, "day 0: grant A 40000 for $40 paid\nday 1: use 30000") for name in ("bea", "cleo")
    ]
    opened = ordered(fresh_app, hire(fresh_app, SAM), wanted(customers))
    assert opened.awaits is not None
    anna = signed_in(fresh_app, ANNA)
    page = reads(anna)
    for words in ("Credits to give back after an incident", "2 customers", "60,000"):
        assert words in page, words
    page = reads(anna, f"/{opened.awaits.request_id}")
    for words in ("Deductions", "An incident of ours", "−$60.00", "Approve: reverse 60,000 credits"):
        assert words in page, words
    assert decides(anna, opened.awaits.request_id)[0] == 303
    assert standing(fresh_app, opened.batch_id)[0] == "queued"


def test_an_auditor_reads_all_of_it_and_decides_nothing(app: Flask, asked: list[UUID]) -> None:
    page = reads(signed_in(app, AUD))
    assert listed(page)[0] in asked
    assert "Waiting for me" not in page
    assert "Asked by me" not in page


def test_nothing_that_waits_is_not_the_same_as_nothing_that_fits(fresh_app: Flask) -> None:
    olga = signed_in(fresh_app, OLGA)
    assert "Nothing waits for you." in reads(olga)
    assert "Nothing waits." in reads(olga, "?show=pending")
    assert "You asked for nothing." in reads(olga, "?show=mine")
    assert "Nothing was decided yet." in reads(olga, "?show=decided&kind=")
    assert "No such request." in reads(olga, "?kind=grant_credits")
