"""Reporting one request takes one look at the database, and neither a revoked key nor a lost connection slips through."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Connection, event, text

from dashboard import db
from dashboard.actions.revoke_api_key import revoke_api_key
from dashboard.engine.actors import SHELL
from tests.api.reporting import Gateway
from tests.api.reporting import event as usage
from tests.cast import at, key
from tests.shop import NOW, open_shop
from tests.unchanged import unchanged


@pytest.fixture(scope="module")
def gateway(app: Flask) -> Iterator[Gateway]:
    open_shop(app, requests=4)
    with at(app, NOW):
        yield Gateway(app, key(app, "usage:write")[0])


def test_a_key_that_was_just_used_is_proven_by_the_statement_that_charges(gateway: Gateway) -> None:
    assert gateway.post(usage()).status_code == 201
    taken = []
    with gateway.app.app_context():
        engine = db.db.engine
    event.listen(engine, "checkout", lambda *given: taken.append(given))
    assert gateway.post(usage()).status_code == 201
    assert taken == []


def test_a_key_revoked_a_moment_ago_reports_nothing_more(gateway: Gateway) -> None:
    secret, api_key_id = key(gateway.app, "usage:write")
    leaving = Gateway(gateway.app, secret)
    assert leaving.post(usage()).status_code == 201
    with gateway.app.app_context():
        revoke_api_key(SHELL, api_key_id, now=NOW)
    with unchanged(gateway.app):
        for body, query in ((usage(), ""), (usage(), "?dry_run=true"), ([usage()], "")):
            assert leaving.post(body, query).status_code == 401


def test_a_connection_the_server_has_closed_is_found_out_and_replaced(gateway: Gateway, owner: Connection) -> None:
    sent = usage()
    assert gateway.post(usage()).status_code == 201
    ended = text(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    assert owner.execute(ended).scalar_one() > 0
    assert gateway.post(sent).status_code == 201
    assert gateway.post(sent).get_json()["replayed"] is True


def test_usage_beyond_the_customers_own_cap_is_charged_and_says_so(gateway: Gateway, owner: Connection) -> None:
    sent = usage(customer="bea@example.com")
    assert gateway.post(usage(customer="bea@example.com")).get_json()["over_monthly_cap"] is False
    owner.execute(text("update users set monthly_cap_credits = 50 where email = 'bea@example.com'"))
    receipt = gateway.post(sent).get_json()
    assert (receipt["credits_due"], receipt["over_monthly_cap"]) == (receipt["credits_deducted"], True)
    assert gateway.get(f"{sent['request_id']}?customer=bea@example.com").get_json()["over_monthly_cap"] is True
