"""What waits for the person who looks at the Overview: what they may decide, and never their own."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from flask import Flask

from dashboard import db
from dashboard.actions.request_approval import request_approval
from dashboard.actions.withdraw_price import withdraw_price
from dashboard.engine.by_hand import GrantOrder
from tests.cast import ADAM, ANNA, AUD, FIONA, OLGA, SAM, Person, hire, signed_in
from tests.desk import propose


def seen_by(app: Flask, person: Person) -> str:
    answer = signed_in(app, person).get("/")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.fixture(scope="module")
def proposal(app: Flask) -> UUID:
    """Adam proposes another multiplier for the tier Pro."""
    return propose(app, hire(app, ADAM))


@pytest.mark.parametrize("person", [ANNA, OLGA], ids=lambda person: person.role)
def test_whoever_may_decide_finds_the_proposal_with_a_link(app: Flask, proposal: UUID, person: Person) -> None:
    page = seen_by(app, person)
    assert "Waiting for you" in page
    assert re.search(rf'<a href="/pricing/proposals/{proposal}">Pro to 1\.60 \(PC-\d{{4}}, version 1\)</a>', page)
    assert "Asked by Adam" in page


@pytest.mark.parametrize("person", [ADAM, FIONA, SAM, AUD], ids=lambda person: person.name)
def test_neither_the_author_nor_who_may_not_decide_is_asked(app: Flask, proposal: UUID, person: Person) -> None:
    assert "Waiting for you" not in seen_by(app, person)
    assert "Pro to 1.60" not in seen_by(app, person)
    assert str(proposal) not in seen_by(app, person)


def test_a_request_for_credits_waits_until_it_is_too_late(app: Flask) -> None:
    order = GrantOrder(uuid4(), uuid4(), Decimal(90_000), "goodwill")
    with app.app_context(), db.transaction() as session:
        request_approval(session, hire(app, SAM), order, why="above the limit", now=datetime.now(UTC))
    assert "Credits to grant" in seen_by(app, ANNA)
    assert "Asked by Sam" in seen_by(app, OLGA)
    assert "Waiting for you" not in seen_by(app, SAM)


def test_what_was_withdrawn_waits_no_more(app: Flask, proposal: UUID) -> None:
    with app.app_context():
        withdraw_price(hire(app, ADAM), proposal, "Not needed", datetime.now(UTC))
    assert "Pro to 1.60" not in seen_by(app, ANNA)
