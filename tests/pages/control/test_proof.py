"""Ledger proof and Schema health: what people see of whether the books hold."""

from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import Connection, text

from dashboard.reports.checks import LAWS
from tests.cast import ADAM, AUD, FIONA, SAM, csrf_of, signed_in

PROOF = "/control/ledger-proof"
HEALTH = "/control/schema-health"


def test_finance_runs_the_proof_and_sees_every_law_hold(app: Flask) -> None:
    client = signed_in(app, FIONA)
    assert "Not proved yet." in client.get(PROOF).text
    answer = client.post(f"{PROOF}/runs", data={"csrf_token": csrf_of(client)})
    assert answer.status_code == 303
    page = client.get(PROOF).text
    assert "Every law holds." in page
    assert page.count(">Passed<") == len(LAWS)


def test_support_cannot_run_the_proof(app: Flask) -> None:
    client = signed_in(app, SAM)
    assert client.get(PROOF).status_code == 403
    assert client.post(f"{PROOF}/runs", data={"csrf_token": csrf_of(client)}).status_code == 403


def test_a_pass_of_yesterday_is_shown_as_stale(app: Flask) -> None:
    client = signed_in(app, AUD)
    app.config["CLOCK"] = lambda: datetime.now(UTC) - timedelta(hours=25)
    client.post(f"{PROOF}/runs", data={"csrf_token": csrf_of(client)})
    del app.config["CLOCK"]
    page = client.get(PROOF).text
    assert "Not current." in page
    assert page.count(">Stale<") == len(LAWS)


def test_a_balance_changed_by_hand_is_shown_with_its_customer(app: Flask, owner: Connection) -> None:
    customer = "10000000-0000-4000-8000-000000000001"
    owner.execute(
        text("insert into users (id, email, name, registered_at) values (:id, 'x@x', 'X', now())"), {"id": customer}
    )
    owner.execute(text("insert into user_credit_balance (user_id, amount) values (:id, 5)"), {"id": customer})
    client = signed_in(app, FIONA)
    client.post(f"{PROOF}/runs", data={"csrf_token": csrf_of(client)})
    page = client.get(PROOF).text
    assert "1 law broken." in page
    assert f"customer {customer}" in page
    owner.execute(text("delete from user_credit_balance"))


def test_an_administrator_sees_that_code_and_database_agree(app: Flask) -> None:
    page = signed_in(app, ADAM).get(HEALTH).text
    assert "Code and database agree." in page


def test_a_column_added_by_hand_is_named(app: Flask, owner: Connection) -> None:
    owner.execute(text("alter table providers add column colour text"))
    page = signed_in(app, ADAM).get(HEALTH).text
    assert "Code and database disagree." in page
    assert "providers.colour" in page
    owner.execute(text("alter table providers drop column colour"))
