"""Pricing → Proposals: what is refused at the page, each with a sentence saying that nothing was changed."""

from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import ADAM, ANNA, OLGA, csrf_of, hire, signed_in
from tests.desk import approved, propose
from tests.pages.pricing.proposing import (
    DAY,
    SOON,
    TERMS,
    WHERE,
    drafted,
    read,
    refused,
    second_account,
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
