"""One customer's page: the same figures as the API, Margins and the ledger; all that happened, once."""

import csv
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from io import BytesIO, StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import text

from dashboard import db
from dashboard.actions.raise_notices import raise_notices
from dashboard.actions.reverse_entry import ReversalWanted, reverse_entry
from dashboard.db import snapshot
from dashboard.embedded import Urls
from dashboard.reports.support.timeline import Cursor, Line, timeline_page
from tests.cast import ADAM, FIONA, SAM, hire, key, signed_in
from tests.conftest import owned
from tests.shop import FIRST, NOW, TODAY, open_shop

DAYS = f"from={FIRST}&to={TODAY}"
HTMX = {"HX-Request": "true"}


# A correction that moved no credits, and a hold that nobody settled or released in time.
ASIDE = (
    """
    insert into usage_correction
    select
        user_id, request_id, 1, 0.5, 1, 0, 0, 0, 0, 0, true, null, null, 'a price', null,
        created_at + interval '1 minute', created_at + interval '1 minute'
    from token_usage_ledger
    where user_id = :it and deduction_seq is null
    limit 2
    """,
    """
    insert into credit_hold (user_id, request_id, body_sha256, credits, placed_at, expires_at)
    values (:it, gen_random_uuid(), sha256('x'), 5, '2026-10-15', '2026-10-15 00:10+00')
    """,
)


@pytest.fixture(scope="module")
def app(app: Flask, database: Urls) -> Flask:
    """A shop in which something of Bea's was given back, with a note; half of it waits to be folded."""
    open_shop(app, requests=500, folded=False)
    app.config["CLOCK"] = lambda: NOW
    with app.app_context():
        raise_notices(None, now=NOW)
    seq = value(app, "select max(seq) from credit_deduction_ledger where user_id = :it and reason = 'usage'", bea(app))
    with app.app_context():
        wanted = ReversalWanted(bea(app), "goodwill", seq=seq, credits=Decimal(1), note="She called twice.")
        reverse_entry(hire(app, ADAM), wanted, now=NOW, posted_at=NOW)
    with owned(database) as owner:
        for statement in ASIDE:
            owner.execute(text(statement), {"it": customer(app, "Ada")})
    return app


@pytest.fixture
def sam(app: Flask) -> FlaskClient:
    return signed_in(app, SAM)


def value(app: Flask, sql: str, it: UUID | None = None) -> Any:
    with app.app_context(), db.snapshot() as connection:
        return connection.execute(text(sql), {"it": it} if it else {}).scalar_one()


def customer(app: Flask, name: str) -> UUID:
    found = value(app, f"select id from users where name = '{name}'")
    assert isinstance(found, UUID)
    return found


def bea(app: Flask) -> UUID:
    return customer(app, "Bea")


def show(client: FlaskClient, one: UUID, query: str = DAYS) -> str:
    answer = client.get(f"/support/accounts/{one}?{query}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def every_line(app: Flask, one: UUID, kind: str = "all", most: int = 7) -> Iterator[Line]:
    cursor: Cursor | None = Cursor()
    while cursor:
        with app.app_context(), snapshot() as connection:
            page = timeline_page(connection, one, kind, cursor, now=NOW, most=most)
        yield from page.lines
        cursor = page.older


def csv_rows(client: FlaskClient, address: str) -> list[dict[str, str]]:
    with client.get(address) as answer:
        assert answer.status_code == 200
        return list(csv.DictReader(StringIO(answer.get_data(as_text=True))))


def test_the_balance_is_what_the_api_says(app: Flask, sam: FlaskClient) -> None:
    html = show(sam, bea(app))
    written = json.loads(unescape(re.findall(r"<pre[^>]*><code>(\{.*?\})</code>", html, re.DOTALL)[0]))
    token, _ = key(app, "credits:read")
    asked = app.test_client().get(
        f"/api/v1/credits/balance?customer={bea(app)}", headers={"Authorization": f"Bearer {token}"}
    )
    assert written == asked.get_json()
    tiles = re.findall(r'class="fig"><[^>]*data-value="([\d.]+)"', html)
    assert [Decimal(one) for one in tiles[:3]] == [Decimal(written[name]) for name in ("balance", "spendable", "held")]


@pytest.mark.parametrize("name", ["Ada", "Bea", "Cleo", "Dora"])
@pytest.mark.parametrize("reversals", ["corrected", "cash"])
def test_what_they_earn_us_is_what_margins_says(app: Flask, name: str, reversals: str) -> None:
    fiona = signed_in(app, FIONA)
    one = customer(app, name)
    asked = f"{DAYS}&reversals={reversals}"
    total = csv_rows(fiona, f"/finance/margins/export/csv?{asked}&customer={one}&group=customer")[-1]
    html = show(fiona, one, asked)
    figures = html[html.index('id="support-accounts-figures"') :]
    shown = re.findall(r'class="fig[^"]*"><[^>]*data-value="([-\d.]+)"', figures)
    titles = ("List revenue, USD", "Realised revenue, USD", "Vendor cost, USD", "Gross margin, USD")
    assert [Decimal(one) for one in shown[:4]] == [Decimal(total[title]) for title in titles]


@pytest.mark.parametrize("name", ["Ada", "Bea"])
def test_leafing_through_the_timeline_passes_everything_once_and_in_order(app: Flask, name: str) -> None:
    one = customer(app, name)
    lines = list(every_line(app, one))
    entries = value(app, "select count(*) from credit_deduction_ledger where user_id = :it", one)
    others = value(app, "select count(*) from token_usage_ledger where user_id = :it and deduction_seq is null", one)
    notices = value(app, "select count(*) from notice where user_id = :it", one)
    aside = 3 if name == "Ada" else 0
    assert len(lines) == entries + others + notices + aside
    assert len({(line.kind, line.key, line.seq) for line in lines}) == len(lines)
    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)
    assert [line.seq for line in lines if line.seq] == list(range(entries, 0, -1))


@pytest.mark.parametrize("name", ["Ada", "Bea"])
@pytest.mark.parametrize("most", [1, 3, 1000])
def test_the_running_balance_runs(app: Flask, name: str, most: int) -> None:
    one = customer(app, name)
    balance = value(app, "select amount from user_credit_balance where user_id = :it", one)
    for line in every_line(app, one, most=most):
        assert line.balance_after == balance
        balance -= line.amount or 0
    assert balance == 0


@pytest.mark.parametrize(("name", "given_back", "lapsed", "corrected"), [("Bea", 1, 0, 0), ("Ada", 0, 1, 2)])
def test_each_kind_shows_its_own_and_together_they_are_everything(
    app: Flask, name: str, given_back: int, lapsed: int, corrected: int
) -> None:
    kinds = ("charges", "uncharged", "given_back", "grants", "ended", "corrections", "holds", "notices")
    found = {
        kind: {(one.kind, one.key, one.seq) for one in every_line(app, customer(app, name), kind)} for kind in kinds
    }
    whole = {(one.kind, one.key, one.seq) for one in every_line(app, customer(app, name))}
    assert set().union(*found.values()) == whole
    assert sum(map(len, found.values())) == len(whole)
    assert [len(found[kind]) for kind in ("given_back", "holds", "corrections")] == [given_back, lapsed, corrected]


def test_screen_and_files_come_to_the_balance(app: Flask, sam: FlaskClient) -> None:
    address = f"/support/accounts/{bea(app)}/timeline/export"
    *rows, total = csv_rows(sam, f"{address}/csv")
    balance = value(app, "select amount from user_credit_balance where user_id = :it", bea(app))
    assert total["What"] == f"All {len(rows)} lines"
    assert sum(Decimal(row["Credits"] or 0) for row in rows) == Decimal(total["Credits"]) == balance
    with sam.get(f"{address}/xlsx") as answer:
        sheet = load_workbook(BytesIO(answer.get_data())).active
    assert sheet is not None
    assert Decimal(str([row[8] for row in sheet.iter_rows(values_only=True)][-1])) == balance
    foot = re.findall(
        r'<td class="n" data-value="(-?[\d.]+)">', show(sam, bea(app)).split("<tfoot>")[2].split("</tfoot>")[0]
    )
    assert sum(map(Decimal, foot[:-1])) == Decimal(foot[-1]) == balance


def test_the_grants_left_come_to_the_balance(app: Flask, sam: FlaskClient) -> None:
    foot = re.findall(r'data-value="([\d.]+)"', show(sam, bea(app)).split("<tfoot>")[1].split("</tfoot>")[0])
    assert Decimal(foot[-1]) == value(app, "select amount from user_credit_balance where user_id = :it", bea(app))


def test_each_line_opens_its_receipt_and_a_note_its_movement(app: Flask, sam: FlaskClient) -> None:
    html = show(sam, bea(app))
    last = value(app, "select last_seq from user_credit_balance where user_id = :it", bea(app))
    assert f'href="/support/receipts/{bea(app)}/entries/{last}"' in html
    assert "She called twice." in html
    assert "Given back" in html


def test_a_part_of_the_page_is_answered_alone(app: Flask, sam: FlaskClient) -> None:
    for part in ("balance", "timeline", "figures"):
        headers = {**HTMX, "HX-Target": f"section#support-accounts-{part}"}
        html = sam.get(f"/support/accounts/{bea(app)}", headers=headers).get_data(as_text=True)
        assert f'id="support-accounts-{part}"' in html[:200]
        assert "<html" not in html


def test_a_hold_is_kept_back_and_seen(app: Flask, sam: FlaskClient) -> None:
    before = value(app, "select spendable_credits(:it, '2026-10-31 08:00+00')", bea(app))
    with app.app_context(), db.transaction() as session:
        session.execute(
            text(
                "insert into credit_hold (user_id, request_id, body_sha256, credits, placed_at, expires_at) "
                "values (:it, gen_random_uuid(), sha256('x'), 7, '2026-10-31 07:58+00', '2026-10-31 08:08+00')"
            ),
            {"it": bea(app)},
        )
    html = show(sam, bea(app))
    tiles = re.findall(r'class="fig"><[^>]*data-value="([\d.]+)"', html)
    assert Decimal(tiles[1]) == before - 7
    assert "1 open hold" in html


@pytest.mark.parametrize("status", ["suspended", "cancelled", "deleted"])
def test_a_customer_who_is_not_active_says_so(app: Flask, database: Urls, sam: FlaskClient, status: str) -> None:
    dora = customer(app, "Dora")
    with owned(database) as owner:
        owner.execute(text("update users set status = :status where id = :it"), {"status": status, "it": dora})
        html = show(sam, dora)
        owner.execute(text("update users set status = 'active' where id = :it"), {"it": dora})
    words = {"suspended": "Suspended.", "cancelled": "Cancelled.", "deleted": "Erased."}
    assert words[status] in html
    assert ("dora@example.com" in html) == (status != "deleted")


def test_a_customer_nobody_knows_is_not_there(sam: FlaskClient) -> None:
    one = uuid4()
    assert sam.get(f"/support/accounts/{one}").status_code == 404
    assert sam.get(f"/support/accounts/{one}/timeline/export/csv").status_code == 404


@pytest.mark.parametrize("query", ["kind=rumours", "cursor=x", "cursor=WzEsIDEwMDAwMDAwMDAwMDAwMDAwMDAwLCAiIl0"])
def test_a_wrong_address_is_named_and_left_aside(app: Flask, sam: FlaskClient, query: str) -> None:
    assert "Not taken." in show(sam, bea(app), query)


def test_a_customer_without_any_history_has_a_page(app: Flask, database: Urls, sam: FlaskClient) -> None:
    one = uuid4()
    with owned(database) as owner:
        sql = "insert into users (id, email, name, registered_at) values (:it, 'new@example.com', :name, now())"
        owner.execute(text(sql), {"it": one, "name": "N" * 200})
    html = show(sam, one)
    for lead in ("No grants yet.", "Nothing happened yet.", "No requests in these days.", "No plan."):
        assert lead in html
