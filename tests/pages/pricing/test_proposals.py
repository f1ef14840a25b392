"""Pricing → Proposals: who sees what, what is drafted and decided, and that a refusal changes nothing and says so."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.store.operators import Operator
from tests.cast import ADAM, ANNA, FIONA, HASH, OLGA, SAM, at, browser, csrf_of, hire, session_of, signed_in
from tests.desk import approved, propose
from tests.unchanged import unchanged

WHERE = "/pricing/proposals"
PREVIEW, WHOLE = "pricing-proposals-preview", "pricing-proposals-whole"
TERMS = {
    "tier": "pro",
    "multiplier": "1.65",
    "reason": "margin_protection",
    "reason_details": "The margin of Pro is too thin",
}
DAY = timedelta(days=1)
SOON = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=3)


# All tests but those of the list share one database: each that approves something has a tier of its own.
@pytest.fixture
def adam(app: Flask) -> FlaskClient:
    hire(app, ANNA)
    return signed_in(app, ADAM)


@pytest.fixture
def anna(app: Flask) -> FlaskClient:
    return signed_in(app, ANNA)


def sends(client: FlaskClient, path: str = "", swaps: str = "", **form: str) -> tuple[int, str]:
    """Send a form; as htmx does if it swaps a region."""
    headers = {"HX-Request": "true", "HX-Target": swaps} if swaps else {}
    response = client.post(f"{WHERE}{path}", data={"csrf_token": csrf_of(client), **form}, headers=headers)
    return response.status_code, unescape(response.text)


def drafted(client: FlaskClient, **terms: str) -> str:
    """Draft it; return the path of its page below the list."""
    response = client.post(WHERE, data={"csrf_token": csrf_of(client), **TERMS, **terms})
    assert response.status_code == 303, said(response.text)
    return response.location.removeprefix(WHERE)


def submitted(client: FlaskClient, **terms: str) -> str:
    where = drafted(client, **terms)
    status, page = sends(client, f"{where}/submission")
    assert status == 303, said(page)
    return where


def read(client: FlaskClient, where: str = "") -> str:
    response = client.get(f"{WHERE}{where}")
    assert response.status_code == 200
    return unescape(response.text)


def seen(client: FlaskClient, where: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', read(client, where))
    assert found
    return found[1]


def said(page: str) -> str:
    """The messages of a page, as text."""
    found = re.findall(r'class="(?:callout|bad)[^>]*>(.*?)</(?:p|div)>', page, re.DOTALL)
    return " | ".join(" ".join(re.sub(r"<[^>]*>", " ", one).split()) for one in found)


def typed(moment: datetime) -> str:
    """As the browser sends a date and time."""
    return f"{moment:%Y-%m-%dT%H:%M}"


def second_account(app: Flask, person: Actor, name: str) -> FlaskClient:
    """Sign the same human in under another account."""
    now = datetime.now(UTC)
    with app.app_context(), db.transaction() as session:
        other = Operator(
            id=uuid4(),
            person_id=person.person_id,
            email=f"{name.lower()}@example.com",
            name=name,
            role="owner",
            status="active",
            is_demo=False,
            password_hash=HASH,
            created_at=now,
            updated_at=now,
        )
        session.add(other)
    return browser(app, session_of(app, Actor(name, "owner", other.id, person.person_id)))


def names(page: str) -> list[str]:
    """The proposals of the list, in their order."""
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', page)


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


# Refused at the page, each with a sentence saying that nothing was changed


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"multiplier": "0"}, "above 0 and at most 99.99"),
        ({"multiplier": "-1.5"}, "above 0 and at most 99.99"),
    ],
)
def test_a_multiplier_of_zero_or_less_is_refused(
    app: Flask, adam: FlaskClient, terms: dict[str, str], reason: str
) -> None:
    refused_at_the_form(app, adam, terms, reason)


@pytest.mark.parametrize("multiplier", ["100", "99.991", "999999999"])
def test_a_multiplier_above_99_99_is_refused(app: Flask, adam: FlaskClient, multiplier: str) -> None:
    refused_at_the_form(app, adam, {"multiplier": multiplier}, "above 0 and at most 99.99")


def test_an_empty_window_is_refused(app: Flask, adam: FlaskClient) -> None:
    same = {"effective_from": typed(SOON), "effective_until": typed(SOON)}
    refused_at_the_form(app, adam, same, "It would end before it begins.")


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"tier": ""}, "Say what it applies to"),
        ({"tier": "gold"}, "There is no such tier"),
        ({"tier": "perpetual"}, "is not active"),
        ({"provider": "nobody"}, "There is no such provider"),
        ({"model": "gpt-none"}, "No provider of this scope has such a model"),
        ({"multiplier": "NaN"}, "“NaN” is not a number"),
        ({"multiplier": "1.23456"}, "at most 4 decimals"),
        ({"effective_from": "tomorrow"}, "“tomorrow” is not a date and time"),
        ({"reason": "because"}, "Choose a reason"),
        ({"reason": "manual_adjustment", "reason_details": ""}, "Say what the reason is"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_field(
    app: Flask, adam: FlaskClient, terms: dict[str, str], reason: str
) -> None:
    refused_at_the_form(app, adam, terms, reason)


def refused_at_the_form(app: Flask, client: FlaskClient, terms: dict[str, str], reason: str) -> None:
    with unchanged(app):
        status, page = sends(client, **{**TERMS, **terms})
    assert status == 422
    assert reason in page
    assert "Nothing was changed" in page
    assert TERMS["reason_details"] in page or not terms.get("reason_details", "kept"), "what was typed is kept"


def test_a_back_dated_start_is_refused(app: Flask, adam: FlaskClient) -> None:
    where = drafted(adam, effective_from=typed(SOON - timedelta(days=30)))
    assert "The start has passed" in read(adam, where), "said before it is submitted"
    refused(app, adam, f"{where}/submission", "The start has passed")


def test_an_overlapping_window_is_refused(app: Flask, adam: FlaskClient) -> None:
    approved(app, hire(app, ADAM), hire(app, ANNA), tier="free", multiplier=Decimal(3), effective_from=SOON + DAY)
    where = drafted(adam, tier="free", effective_from=typed(SOON - DAY))
    assert "Submit 1.65" not in read(adam, where)
    refused(app, adam, f"{where}/submission", "Another price of the same scope is approved")


def test_a_price_below_cost_without_acknowledgement_is_refused(app: Flask, adam: FlaskClient) -> None:
    where = drafted(adam, multiplier="0.95")
    refused(app, adam, f"{where}/submission", "This sells below what it costs us: say that it is meant.")
    known = drafted(adam, multiplier="0.95", acknowledges="below_cost")
    assert sends(adam, f"{known}/submission")[0] == 303
    assert "This sells below what it costs us." in read(adam, known)


def test_an_edit_after_submission_changes_nothing_of_what_was_submitted(app: Flask, adam: FlaskClient) -> None:
    where = submitted(adam)
    assert "Version 1 is never changed" in read(adam, f"{where}/edit")
    response = adam.post(
        f"{WHERE}{where}/edit", data={"csrf_token": csrf_of(adam), **TERMS, "multiplier": "1.7", "urgent": "yes"}
    )
    newer = response.location.removeprefix(WHERE)
    assert newer != where
    assert "Pro: 1.50 → 1.70" in read(adam, newer)
    assert "version 2" in read(adam, newer)
    assert "Pro: 1.50 → 1.65" in read(adam, where)
    assert "Withdrawn" in read(adam, where)


def test_an_approval_of_what_was_edited_meanwhile_is_refused(app: Flask, adam: FlaskClient, anna: FlaskClient) -> None:
    where = submitted(adam)
    shown = seen(anna, where)
    sends(adam, f"{where}/edit", **{**TERMS, "multiplier": "1.7"})
    refused(app, anna, f"{where}/approval", "Only what was submitted and waits can be decided", seen=shown)


def test_an_approved_price_is_never_edited(app: Flask, adam: FlaskClient) -> None:
    config_id = approved(app, hire(app, ADAM), hire(app, ANNA), tier="enterprise_max")
    refused(app, adam, f"/{config_id}/edit", "never changes", **TERMS)


def test_an_approval_by_the_author_under_another_account_of_the_same_person_is_refused(
    app: Flask, adam: FlaskClient
) -> None:
    config_id = propose(app, hire(app, ADAM))
    other = second_account(app, hire(app, ADAM), "Adamo")
    page = read(other, f"/{config_id}")
    assert "You wrote a part of it" in page
    assert "Approve 1.60" not in page
    refused(app, other, f"/{config_id}/approval", "it takes another person", seen="0" * 64)


def test_an_owner_cannot_approve_their_own(app: Flask, adam: FlaskClient) -> None:
    olga = signed_in(app, OLGA)
    config_id = propose(app, hire(app, OLGA))
    assert 'name="seen"' not in read(olga, f"/{config_id}")
    refused(app, olga, f"/{config_id}/approval", "it takes another person", seen="0" * 64)


def test_an_approval_of_something_else_than_was_shown_is_refused_and_shown_again(
    app: Flask, adam: FlaskClient, anna: FlaskClient
) -> None:
    where = submitted(adam, tier="enterprise_pro")
    shown = seen(anna, where)
    approved(app, hire(app, ADAM), hire(app, ANNA), tier="enterprise_pro", multiplier=Decimal("1.55"))
    page = refused(app, anna, f"{where}/approval", "This is not what you were shown; look again.", seen=shown)
    assert "Enterprise Pro: 1.55 → 1.65" in page
    again = seen(anna, where)
    assert again != shown
    assert sends(anna, f"{where}/approval", seen=again)[0] == 303


def test_an_approval_from_before_a_replay_is_refused(app: Flask, adam: FlaskClient, anna: FlaskClient) -> None:
    where = submitted(adam)
    assert "No replay yet." in read(anna, where)
    shown = seen(anna, where)
    form = {"csrf_token": csrf_of(adam), "config_id": where.removeprefix("/")}
    assert adam.post("/pricing/impacts", data=form).status_code == 303
    page = refused(app, anna, f"{where}/approval", "This is not what you were shown; look again.", seen=shown)
    assert "No replay yet." not in page
    assert "Nothing to replay." in page


def test_rejecting_withdrawing_and_commenting_need_words(app: Flask, adam: FlaskClient, anna: FlaskClient) -> None:
    where = submitted(adam)
    refused(app, anna, f"{where}/rejection", "Say why", reason=" ")
    refused(app, adam, f"{where}/withdrawal", "Say why", reason="")
    refused(app, anna, f"{where}/comments", "Write 1 to", words=" ")


def test_anna_cannot_withdraw_or_submit_what_adam_wrote(app: Flask, adam: FlaskClient, anna: FlaskClient) -> None:
    where = drafted(adam)
    page = read(anna, where)
    assert "Withdraw" not in page
    assert "Submit 1.65" not in page
    refused(app, anna, f"{where}/submission", "Only whoever wrote or edited")
    refused(app, anna, f"{where}/withdrawal", "Only whoever wrote or edited", reason="I like it not")


def refused(app: Flask, client: FlaskClient, path: str, sentence: str, **form: str) -> str:
    with unchanged(app):
        status, page = sends(client, path, **form)
    assert status in {403, 422}
    assert sentence in page, said(page)
    assert "Nothing was changed" in page
    return page


# Deciding


def test_anna_approves_what_she_sees_and_it_holds(app: Flask, adam: FlaskClient, anna: FlaskClient) -> None:
    where = submitted(adam, tier="pro_max")
    page = read(anna, where)
    assert "Approve 1.65 for Pro Max from now on" in page
    assert "PC-0003, the price today" in page
    assert sends(anna, f"{where}/approval", seen=seen(anna, where))[0] == 303
    page = read(anna, where)
    assert "Live" in page
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
    assert "Live" in region


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
