"""Billing → Subscriptions and Prorations: begun, upgraded with the calculation shown, ended; and who may only look."""

import re
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import AUD, SAM, csrf_of, signed_in
from tests.importers.files import numbers
from tests.shop import open_shop
from tests.unchanged import unchanged

PAGE = "/billing/subscriptions"


@pytest.fixture(scope="module")
def shop(app: Flask) -> Flask:
    open_shop(app, requests=4)
    return app


@pytest.fixture
def sam(shop: Flask) -> FlaskClient:
    return signed_in(shop, SAM)


def customer(app: Flask, name: str) -> UUID:
    found = numbers(app, f"select id from users where lower(name) like '{name}%' or email like '{name}%'")[0][0]
    assert isinstance(found, UUID)
    return found


def plan_of(app: Flask, user_id: UUID) -> str:
    wanted = f"select id from subscription_monetization where user_id = '{user_id}' and ended_at is null"
    return f"{PAGE}/{user_id}/{numbers(app, wanted)[0][0]}"


def send(browser: FlaskClient, path: str, **typed: str) -> TestResponse:
    return browser.post(path, data={"csrf_token": csrf_of(browser), **typed})


def words(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_sam_begins_a_subscription_seeing_what_it_comes_to(shop: Flask, sam: FlaskClient) -> None:
    ada = customer(shop, "ada")
    form = words(sam.get(f"{PAGE}/new/{ada}?tier=pro&cycle=monthly"))
    assert "$19.00 now" in form
    assert "20,000 now, and every month" in form
    assert send(sam, f"{PAGE}/new/{ada}", tier="pro", cycle="monthly").status_code == 303
    page = words(sam.get(plan_of(shop, ada)))
    assert "Active" in page
    assert "Open start" in page
    again = send(sam, f"{PAGE}/new/{ada}", tier="pro", cycle="monthly")
    assert again.status_code == 409
    assert "Nothing was changed" in again.text


def test_sam_upgrades_with_the_calculation_shown_and_finds_it_under_prorations(shop: Flask, sam: FlaskClient) -> None:
    bea = customer(shop, "bea")
    path = plan_of(shop, bea)
    with unchanged(shop):
        page = sam.get(f"{path}?tier=pro_max").text
    assert "What will happen at once" in page
    seen = re.findall(r'name="net_seen" value="([^"]+)"', page)[0]
    stale = send(sam, f"{path}/plan", tier="pro_max", net_seen="0.01")
    assert stale.status_code == 409
    assert "look at it again" in stale.text
    # The seconds between looking and pressing move the sum by a cent at most.
    done = send(sam, f"{path}/plan", tier="pro_max", net_seen=seen)
    if done.status_code == 409:
        seen = re.findall(r'name="net_seen" value="([^"]+)"', sam.get(f"{path}?tier=pro_max").text)[0]
        done = send(sam, f"{path}/plan", tier="pro_max", net_seen=seen)
    assert done.status_code == 303
    listed = words(sam.get("/billing/prorations"))
    assert "Pro $19.00 → Pro Max $39.00" in listed
    assert f"${seen}" in listed
    assert "pro_max" in sam.get("/billing/prorations/export/csv").text


def test_sam_cancels_and_lets_it_go_on(shop: Flask, sam: FlaskClient) -> None:
    path = plan_of(shop, customer(shop, "cleo"))
    with unchanged(shop):
        assert send(sam, f"{path}/cancellation", when="end", reason="").status_code == 409
    assert send(sam, f"{path}/cancellation", when="end", reason="not_used").status_code == 303
    assert "Not used enough" in sam.get(path).text
    assert send(sam, f"{path}/reactivation").status_code == 303
    assert send(sam, f"{path}/interval", cycle="annual").status_code == 303
    assert "billed annual" in words(sam.get(path))
    assert send(sam, f"{path}/suspension").status_code == 303
    assert send(sam, f"{path}/resumption").status_code == 303
    assert send(sam, f"{path}/cancellation", when="now", reason="fraud").status_code == 303
    assert "Cancelled" in sam.get(path).text


def test_the_list_narrows_and_its_file_has_the_same_rows(sam: FlaskClient) -> None:
    page = sam.get(f"{PAGE}?tier=enterprise_pro").text
    assert len(re.findall(r'<th scope="row">', page)) == 1
    assert len(sam.get(f"{PAGE}/export/csv?tier=enterprise_pro").text.strip().splitlines()) == 2
    assert "No subscription." in sam.get(f"{PAGE}?status=expired").text
    assert sam.get(f"{PAGE}?cursor=nonsense&status=unknown").status_code == 200


def test_the_auditor_looks_and_has_no_buttons(shop: Flask) -> None:
    aud = signed_in(shop, AUD)
    path = plan_of(shop, customer(shop, "dora"))
    page = aud.get(f"{path}?tier=enterprise_max")
    assert page.status_code == 200
    assert "Change this subscription" not in page.text
    with unchanged(shop):
        assert send(aud, f"{path}/suspension").status_code == 403
