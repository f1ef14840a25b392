"""What waits for the person who looks at the Overview: what they may decide, and never their own."""

import pytest
from flask import Flask

from dashboard.actions.withdraw_price import withdraw_price
from tests.cast import ADAM, ANNA, AUD, FIONA, OLGA, SAM, Person, hire, signed_in
from tests.desk import propose
from tests.shop import NOW


def seen_by(app: Flask, person: Person) -> str:
    answer = signed_in(app, person).get("/")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.fixture
def proposed(fresh_app: Flask) -> Flask:
    propose(fresh_app, hire(fresh_app, ADAM))
    return fresh_app


@pytest.mark.parametrize("person", [ANNA, OLGA], ids=lambda person: person.role)
def test_whoever_may_decide_finds_the_proposal_with_a_link(proposed: Flask, person: Person) -> None:
    page = seen_by(proposed, person)
    assert "Waiting for you" in page
    assert "Pro to 1.60 (PC-" in page
    assert "Asked by Adam" in page


@pytest.mark.parametrize("person", [ADAM, FIONA, SAM, AUD], ids=lambda person: person.name)
def test_neither_the_author_nor_who_may_not_decide_is_asked(proposed: Flask, person: Person) -> None:
    assert "Waiting for you" not in seen_by(proposed, person)


def test_what_was_withdrawn_waits_no_more(proposed: Flask) -> None:
    from sqlalchemy import text

    from dashboard import db

    with proposed.app_context():
        with db.snapshot() as connection:
            config = connection.execute(
                text("select id from pricing_configs where approval_status = 'pending'")
            ).scalar_one()
        withdraw_price(hire(proposed, ADAM), config, "Not needed", NOW)
    assert "Waiting for you" not in seen_by(proposed, ANNA)


def test_a_request_for_credits_waits_for_admins_too(fresh_app: Flask) -> None:
    from datetime import UTC, datetime
    from decimal import Decimal
    from uuid import uuid4

    from dashboard import db
    from dashboard.actions.request_approval import request_approval
    from dashboard.engine.by_hand import GrantOrder

    sam = hire(fresh_app, SAM)
    order = GrantOrder(uuid4(), uuid4(), Decimal(90_000), "goodwill")
    with fresh_app.app_context(), db.transaction() as session:
        request_approval(session, sam, order, why="above the limit", now=datetime.now(UTC))
    assert "Credits to grant" in seen_by(fresh_app, ANNA)
    assert "Asked by Sam" in seen_by(fresh_app, OLGA)
    assert "Waiting for you" not in seen_by(fresh_app, SAM)
