"""The form of a proposal: what cannot be read or kept is refused with a sentence, never with a failure."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.pages.pricing.proposals.form import UNREADABLE_SOURCE
from tests.cast import ADAM, signed_in
from tests.pages.pricing.proposing import TERMS, sends


@pytest.fixture
def adam(app: Flask) -> FlaskClient:
    return signed_in(app, ADAM)


@pytest.mark.parametrize("name", ["effective_from", "effective_until"])
@pytest.mark.parametrize(
    ("moment", "sentence"),
    [
        ("0001-01-01T00:00+14:00", "is not a date and time"),
        ("9999-12-31T23:59-10:00", "is not a date and time"),
        ("9999-12-31T23:59", "more than five years ahead"),
    ],
)
def test_a_moment_out_of_the_calendar_is_refused(adam: FlaskClient, name: str, moment: str, sentence: str) -> None:
    status, page = sends(adam, **{**TERMS, name: moment})
    assert status == 422
    assert sentence in page


@pytest.mark.parametrize(
    "source",
    [
        r'{"a":"\u0000"}',
        r'{"\u0000":1}',
        r'{"a":"\ud800"}',
        '{"a":NaN}',
        '{"a":[-Infinity]}',
        '{"a":1e400}',
        "[" * 100_000,
        '{"a":' + "[" * 5_000 + "]" * 5_000 + "}",
        "[1]",
        "{",
        '{"a":' + "9" * 5_000 + "}",
    ],
    ids=lambda source: source[:20],
)
def test_a_source_that_cannot_be_kept_is_refused(adam: FlaskClient, source: str) -> None:
    status, page = sends(adam, **TERMS, source=source)
    assert status == 422
    assert UNREADABLE_SOURCE in page


def test_a_source_that_can_be_kept_is_kept(adam: FlaskClient) -> None:
    assert sends(adam, **TERMS, source=r'{"kind":"scenario","scenario":"\ud83d\ude00 1.65","at":1.5}')[0] == 303


@pytest.mark.parametrize("multiplier", ["١.٦٥", "1.६५"])
def test_digits_of_another_script_are_no_multiplier(adam: FlaskClient, multiplier: str) -> None:
    status, page = sends(adam, **{**TERMS, "multiplier": multiplier})
    assert status == 422
    assert "is not a number" in page
