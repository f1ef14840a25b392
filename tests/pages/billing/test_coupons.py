"""Billing → Coupons: made by one and approved by another, redeemed with its checks shown, taken back."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import ADAM, ANNA, AUD, SAM, csrf_of, signed_in
from tests.coupons import campaign, coupon, customer, one

TERMS = {
    "codes": "SPRING20",
    "coupon_type": "fixed_amount",
    "discount_type": "credits",
    "discount_value": "20",
    "max_uses": "100",
    "max_uses_per_user": "1",
    "tiers": ["free", "pro"],
    "cycles": ["monthly"],
    "credits_live_days": "365",
    "is_active": "yes",
    "why": "Spring sale",
}
SEEN = re.compile(r'name="seen" value="([0-9a-f]{64})"')


@pytest.fixture
def adam(app: Flask) -> FlaskClient:
    return signed_in(app, ADAM)


@pytest.fixture
def sam(app: Flask) -> FlaskClient:
    return signed_in(app, SAM)


def test_an_admin_proposes_a_coupon_another_approves_and_it_is_in_the_list(app: Flask, adam: FlaskClient) -> None:
    token = csrf_of(adam)
    looked = adam.post("/billing/coupons/preview", data={**TERMS, "csrf_token": token}).text
    assert "At most 100 uses" in looked
    assert "Propose the coupon" in looked
    sent = adam.post("/billing/coupons", data={**TERMS, "csrf_token": token})
    assert sent.status_code == 303
    shown = adam.get(sent.location)
    assert shown.status_code == 200
    # Who decides reads every term.
    for term in ("SPRING20", "Discount value", "free, pro", "Max uses per user"):
        assert term in shown.text
    assert "SPRING20" not in adam.get("/billing/coupons").text
    anna = signed_in(app, ANNA)
    seen = SEEN.search(anna.get(sent.location).text)
    assert seen is not None
    decision = {"seen": seen[1], "csrf_token": csrf_of(anna)}
    assert anna.post(f"{sent.location}/approval", data=decision).status_code == 303
    listed = adam.get("/billing/coupons?q=spring").text
    assert "SPRING20" in listed
    assert "20 credits" in listed
    assert "SPRING20" in adam.get("/billing/coupons/export/csv").text


def test_terms_that_cannot_be_are_refused_at_their_fields_and_nothing_is_asked(app: Flask, adam: FlaskClient) -> None:
    token = csrf_of(adam)
    wrong = {**TERMS, "codes": "a b", "discount_value": "1,5", "last_day": "tomorrow", "tiers": [], "csrf_token": token}
    asked = one(app, "select count(*) from approval_request")
    sent = adam.post("/billing/coupons", data=wrong)
    assert sent.status_code == 422
    for sentence in (
        "Give a number, such as 25",
        "Give a day such as",
        "Choose at least one tier",
        "3 to 50 characters",
    ):
        assert sentence in sent.text
    assert one(app, "select count(*) from approval_request") == asked
    many = adam.post(
        "/billing/coupons", data={**TERMS, "codes": "", "prefix": "mail", "many": "40", "csrf_token": token}
    )
    assert many.status_code == 303


def test_support_redeems_with_the_twelve_checks_shown_and_an_admin_takes_it_back(
    app: Flask, sam: FlaskClient, adam: FlaskClient
) -> None:
    coupon(app, "TWENTY")
    user = customer(app, "rita")
    form = f"/billing/coupons/redemptions/{user}/new"
    page = sam.get(f"{form}?code=twenty").text
    assert page.count(">Passed<") == 12
    assert "Redeem TWENTY: 20 credits" in page
    done = sam.post(f"/billing/coupons/redemptions/{user}", data={"code": "twenty", "csrf_token": csrf_of(sam)})
    assert done.status_code == 303
    again = sam.post(f"/billing/coupons/redemptions/{user}", data={"code": "twenty", "csrf_token": csrf_of(sam)})
    assert again.status_code == 409
    assert "MAX_USER_USES_EXCEEDED" in again.text
    assert "Take back 20 credits" not in sam.get(done.location).text
    assert "Take back 20 credits" in adam.get(done.location).text
    back = adam.post(f"{done.location}/reversal", data={"cause": "mistake", "csrf_token": csrf_of(adam)})
    assert back.status_code == 303
    assert "Its use is free again" in adam.get(done.location).text
    coupon_id = one(app, "select id from coupon where code = 'TWENTY'")
    shown = adam.get(f"/billing/coupons/{coupon_id}").text
    assert "Taken back" in shown
    assert "MAX_USER_USES_EXCEEDED" in shown
    assert "No such coupon" in sam.get(f"{form}?code=nothing").text


def test_a_coupon_is_paused_at_once_and_a_campaign_shows_its_budget(app: Flask, adam: FlaskClient) -> None:
    spring = campaign(app)
    coupon_id = coupon(app, "PAUSED", campaign_id=spring)
    page = f"/billing/coupons/{coupon_id}"
    assert adam.post(f"{page}/pause", data={"why": "", "csrf_token": csrf_of(adam)}).status_code == 409
    assert adam.post(f"{page}/pause", data={"why": "Leaked", "csrf_token": csrf_of(adam)}).status_code == 303
    assert ">Paused<" in adam.get(page).text
    edit = adam.get(f"{page}/edit").text
    assert 'value="20"' in edit
    shown = adam.get(f"/billing/coupons/campaigns/{spring}").text
    assert "$0.00 of $100.00 spent" in shown
    assert "PAUSED" in shown
    assert "Spring" in adam.get("/billing/coupons/campaigns").text
    assert adam.get(f"/billing/coupons/campaigns/{spring}/edit").status_code == 200
    token = csrf_of(adam)
    wanted = {"campaign_name": "Autumn", "campaign_type": "seasonal", "start": "2026-01-01", "last_day": "2099-12-31"}
    sent = adam.post(
        "/billing/coupons/campaigns", data={**wanted, "budget_limit_usd": "500", "why": "x", "csrf_token": token}
    )
    assert sent.status_code == 303
    assert adam.post("/billing/coupons/campaigns", data={**wanted, "csrf_token": token}).status_code == 422


def test_an_auditor_reads_and_a_search_for_nothing_says_so(app: Flask) -> None:
    aud = signed_in(app, AUD)
    assert "No coupon here." in aud.get("/billing/coupons?q=nosuchcode&status=active&type=percentage").text
    assert aud.get("/billing/coupons/new").status_code == 403
    assert aud.get("/billing/coupons?page=x&campaign=y&status=z").status_code == 200
