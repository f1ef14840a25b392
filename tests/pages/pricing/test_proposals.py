"""Pricing → Proposals: who sees what, what is drafted and decided."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import ADAM, ANNA, FIONA, SAM, at, browser, csrf_of, hire, session_of, signed_in
from tests.desk import approved
from tests.pages.pricing.proposing import (
    DAY,
    PREVIEW,
    SOON,
    TERMS,
    WHERE,
    WHOLE,
    drafted,
    names,
    read,
    refused,
    seen,
    sends,
    submitted,
    typed,
)
from tests.unchanged import unchanged


# All tests but those of the list share one database: each that approves something has a tier of its own.
@pytest.fixture
def adam(app: Flask) -> FlaskClient:
    hire(app, ANNA)
    return signed_in(app, ADAM)


@pytest.fixture
def anna(app: Flask) -> FlaskClient:
    return signed_in(app, ANNA)


# Drafting, with a preview


def test_adam_drafts_and_nobody_is_asked(app: Flask, adam: FlaskClient, anna: FlaskClient) -> None:
    where = drafted(adam)
    page = read(adam, where)
    assert "Pro: 1.50 → 1.65" in page
    assert "+10.0%" in page
    assert "33.3% → 39.4%" in page
    assert "Submit 1.65 for approval" in page
    assert "can approve it, within 14 days" in page
    assert "You cannot decide this" not in read(anna, where)
    assert "The price of Pro" in page


def test_the_preview_says_now_and_after_and_keeps_nothing(app: Flask, adam: FlaskClient) -> None:
    with unchanged(app):
        status, region = sends(adam, "/preview", PREVIEW, **TERMS)
    assert status == 200
    assert "<html" not in region
    assert 'id="pricing-proposals-preview"' in region
    assert "23 credits" in region
    assert "25 credits" in region
    assert "acknowledges" not in region


def test_without_javascript_the_preview_is_the_form_again(adam: FlaskClient) -> None:
    status, page = sends(adam, "/preview", **TERMS)
    assert status == 200
    assert "<html" in page
    assert 'value="1.65"' in page
    assert "39.4%" in page


@pytest.mark.parametrize(
    ("multiplier", "asked"),
    [
        ("1.65", None),
        ("1.05", None),
        ("1.02", "I know that this is below the floor"),
        ("0.95", "I know that this sells below what it costs us"),
    ],
)
def test_the_acknowledgement_is_asked_for_only_where_it_is_needed(
    adam: FlaskClient, multiplier: str, asked: str | None
) -> None:
    _, region = sends(adam, "/preview", PREVIEW, **{**TERMS, "multiplier": multiplier})
    assert ("acknowledges" in region) is bool(asked)
    assert asked is None or asked in region


def test_the_preview_names_an_overlap_before_anything_is_submitted(app: Flask, adam: FlaskClient) -> None:
    approved(app, hire(app, ADAM), hire(app, ANNA), tier="free", multiplier=Decimal(3), effective_from=SOON)
    _, region = sends(adam, "/preview", PREVIEW, **{**TERMS, "tier": "free"})
    assert f"Another price of the same scope is approved from {SOON:%Y-%m-%d %H:%M} UTC" in region


def test_the_preview_of_a_half_filled_form_says_what_is_missing(adam: FlaskClient) -> None:
    _, region = sends(adam, "/preview", PREVIEW, tier="", multiplier="", reason="")
    assert "Still to fill in: what it applies to, multiplier, reason." in region
    _, region = sends(adam, "/preview", PREVIEW, tier="pro", multiplier="1,65", reason="")
    assert "“1,65” is not a number" in region


def test_the_preview_says_everything_that_is_wrong_at_once_and_works_nothing_out_for_an_impossible_price(
    adam: FlaskClient,
) -> None:
    wrong = {"multiplier": "100", "effective_from": typed(SOON - 30 * DAY)}
    _, region = sends(adam, "/preview", PREVIEW, **{**TERMS, **wrong})
    assert "above 0 and at most 99.99" in region
    assert "The start has passed" in region
    assert "100.00" not in region


def test_a_link_fills_the_form_in(adam: FlaskClient) -> None:
    page = read(adam, "/new?tier=pro&multiplier=1.7&reason=vendor_price_change")
    assert 'value="1.7"' in page
    assert '<option value="pro" selected>' in page


def test_what_was_typed_is_text_never_markup(adam: FlaskClient) -> None:
    where = drafted(adam, reason_details="<script>alert(1)</script>")
    assert "<script>alert" not in adam.get(f"{WHERE}{where}").text
    assert "<script>alert" not in adam.get(f"{WHERE}{where}/edit").text


# Deciding


def test_anna_approves_what_she_sees_and_it_holds(app: Flask, adam: FlaskClient, anna: FlaskClient) -> None:
    where = submitted(adam, tier="pro_max")
    page = read(anna, where)
    assert "Approve 1.65 for Pro Max from now on" in page
    assert "PC-0003, the price today" in page
    assert sends(anna, f"{where}/approval", seen=seen(anna, where))[0] == 303
    page = read(anna, where)
    assert "Active" in page
    assert "by Anna on" in page
    assert "Pro Max" in names(read(anna, "?state=superseded"))
    assert "Anna approved version 1" in page


def test_with_htmx_the_page_shows_the_new_state_without_being_loaded_again(
    adam: FlaskClient, anna: FlaskClient
) -> None:
    where = submitted(adam)
    status, region = sends(anna, f"{where}/approval", WHOLE, seen=seen(anna, where))
    assert status == 200
    assert "<html" not in region
    assert "Approved." in region
    assert "Active" in region


def test_anna_rejects_with_a_reason_that_adam_reads(adam: FlaskClient, anna: FlaskClient) -> None:
    where = submitted(adam)
    assert sends(anna, f"{where}/rejection", reason="Not before the summer")[0] == 303
    page = read(adam, where)
    assert "Rejected" in page
    assert "Not before the summer" in page
    assert "Propose it anew" in page


def test_a_scheduled_price_is_withdrawn_and_the_one_before_goes_on(
    app: Flask, adam: FlaskClient, anna: FlaskClient
) -> None:
    where = f"/{approved(app, hire(app, ADAM), hire(app, ANNA), tier='pro_max', effective_from=SOON)}"
    page = read(anna, where)
    assert "Scheduled" in page
    assert "the end that was set for it is taken back" in page
    assert sends(anna, f"{where}/withdrawal", reason="The vendor changed its mind")[0] == 303
    assert "The vendor changed its mind" in read(adam, where)
    assert "Pro Max" in names(read(adam, "?state=active"))


def test_going_back_is_a_new_proposal_that_another_person_decides(
    app: Flask, adam: FlaskClient, anna: FlaskClient
) -> None:
    for multiplier in ("1.45", "1.55"):
        given = {"tier": "enterprise_max", "multiplier": Decimal(multiplier)}
        where = f"/{approved(app, hire(app, ADAM), hire(app, ANNA), **given)}"
    assert "Draft going back to 1.45" in read(anna, where)
    response = anna.post(f"{WHERE}{where}/rollback", data={"csrf_token": csrf_of(anna)})
    back = response.location.removeprefix(WHERE)
    assert "Enterprise Max: 1.55 → 1.45" in read(anna, back)
    assert sends(anna, f"{back}/submission")[0] == 303
    assert sends(adam, f"{back}/approval", seen=seen(adam, back))[0] == 303
    assert "Superseded" in read(anna, where)


def test_going_back_from_the_first_price_is_refused(app: Flask, adam: FlaskClient) -> None:
    first = re.findall(r'href="/pricing/proposals/([0-9a-f-]{36})">Free<', read(adam, "?sort=number"))[-1]
    assert "Draft going back" not in read(adam, f"/{first}")
    refused(app, adam, f"/{first}/rollback", "none to go back to")


def test_comments_stay_with_every_version(adam: FlaskClient, anna: FlaskClient) -> None:
    where = submitted(adam)
    assert sends(anna, f"{where}/comments", words="Why not 1.60?")[0] == 303
    response = adam.post(f"{WHERE}{where}/edit", data={"csrf_token": csrf_of(adam), **TERMS, "multiplier": "1.6"})
    page = read(adam, response.location.removeprefix(WHERE))
    assert "Why not 1.60?" in page
    assert "on version 1" in page
    assert "Adam submitted version 1 at 1.65" in page


def test_an_urgent_one_expires_after_24_hours(app: Flask, adam: FlaskClient) -> None:
    where = submitted(adam, urgent="yes")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert f"{tomorrow.day} {tomorrow:%b %Y}" in read(adam, where)
    with at(app, tomorrow + timedelta(minutes=1)):
        again = browser(app, session_of(app, hire(app, ADAM), began=tomorrow))
        assert "Expired" in read(again, where)
        assert "Pro" in names(read(again, "?state=closed"))


@pytest.mark.parametrize("file_type", ["csv", "xlsx"])
def test_the_list_is_a_file_too(adam: FlaskClient, file_type: str) -> None:
    drafted(adam, reason_details="=1+1")
    with adam.get(f"{WHERE}/export/{file_type}?q==1%2B1") as response:
        assert response.status_code == 200
        content = response.get_data()
    if file_type == "csv":
        heading, line = content.decode().splitlines()
        assert heading.startswith("Proposal,Version,State")
        assert ",'=1+1,Adam," in line


def test_fiona_reads_and_has_no_button_and_sam_does_not_read(app: Flask, adam: FlaskClient) -> None:
    where = submitted(adam)
    fiona = signed_in(app, FIONA)
    page = read(fiona, where)
    assert "Admins and owners approve prices: " in page
    for button in ("Approve 1.65", "Reject this", "Withdraw", ">Comment<", '/edit"'):
        assert button not in page
    assert "New proposal" not in read(fiona)
    assert "Waiting for me" not in read(fiona)
    assert fiona.get(f"{WHERE}/new").status_code == 403
    assert signed_in(app, SAM).get(WHERE).status_code == 403


def test_a_proposal_that_is_not_there_is_not_found(adam: FlaskClient) -> None:
    nobody = f"/{UUID(int=0)}"
    for path in (nobody, f"{nobody}/edit"):
        assert adam.get(f"{WHERE}{path}").status_code == 404
    for act in ("submission", "approval", "rejection", "withdrawal", "comments", "rollback", "edit"):
        assert sends(adam, f"{nobody}/{act}", seen="0" * 64, words="x", **TERMS)[0] == 404
