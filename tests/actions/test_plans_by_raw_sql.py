"""Plans and the credit policy cannot be written past the act that a second person approved."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dashboard import db
from tests.actions.plan_changes import (
    DEARER,
    approves,
    proposes,
)
from tests.cast import ANNA, SAM, hire


@pytest.fixture
def office(app: Flask) -> Iterator[Flask]:
    """For what changes nothing."""
    with app.app_context():
        yield app


@pytest.fixture
def shop(fresh_app: Flask) -> Iterator[Flask]:
    with fresh_app.app_context():
        yield fresh_app


RAW = [
    "insert into tier_version select tier, now() - interval '1 day', 0, 0, 1, 0, 1, 0, '{}' from tier_version",
    "insert into credit_policy (effective_from, unit_usd, increment) values (now() - interval '1 day', 1, 1)",
    "insert into tier_change select id, 'pro', true, true, false, true, now() from approval_request",
    "insert into tier (name, display_name, position) values ('mine', 'Mine', 9)",
    "update tier set is_sold = false",
    "update tier_version set approval_id = null",
    "select refuse_unapproved_plan(approval_request, now()) from approval_request",
]
FORGED = """
    insert into approval_request (id, kind, payload, requested_by, requested_person_id, requested_at, expires_at)
    select gen_random_uuid(), kind, payload, asker.id, asker.person_id, {at}, {at} + interval '14 days'
    from approval_request
    cross join operator as asker
    where asker.name = :name
    returning id
"""
DECIDED = text("""
    update approval_request
    set state = 'approved', decided_by = operator.id, decided_person_id = operator.person_id, decided_at = requested_at
    from operator
    where approval_request.id = :id and operator.name = :name
""")
APPLY = text("select apply_plan_change(:id)")


@pytest.mark.parametrize("statement", RAW)
def test_raw_sql_writes_no_plan_and_no_policy(office: Flask, statement: str) -> None:
    proposes(office, DEARER)
    with db.db.engine.connect() as connection, pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(text(statement))


def test_raw_sql_applies_nothing_that_another_person_did_not_approve(shop: Flask) -> None:
    request_id = proposes(shop, DEARER)
    for person in (ANNA, SAM):
        hire(shop, person)

    refused("not approved in time", request_id)
    refused("no such request", uuid4())
    refused("violates check constraint", request_id, decided_by="Adam")
    refused("only an admin or an owner", request_id, decided_by="Sam")
    refused("not approved in time", forged="now() - interval '15 days'", decided_by="Anna")
    refused("only an admin or an owner", forged="now()", asked_by="Sam", decided_by="Anna")
    approves(shop, request_id)
    refused("made already", request_id)


def refused(
    words: str,
    request_id: UUID | None = None,
    *,
    forged: str | None = None,
    asked_by: str = "Adam",
    decided_by: str | None = None,
) -> None:
    """Try it as the app's role, in a transaction that is given up."""
    with db.db.engine.connect() as connection:
        if forged is not None:
            asking = text(FORGED.format(at=forged))
            request_id = connection.execute(asking, {"name": asked_by}).scalars().first()
        given: dict[str, object] = {"id": request_id, "name": decided_by}
        if decided_by is not None and "check" not in words:
            connection.execute(DECIDED, given)
        with pytest.raises(DBAPIError, match=words):
            connection.execute(DECIDED if "check" in words else APPLY, given)
