"""After 7 and 30 days a proposal's page sets what was predicted beside what came."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from dashboard import db
from dashboard.actions.approve_price import approve_price
from dashboard.actions.record_usage import record_usage
from tests.cast import ADAM, ANNA, FIONA, at, browser, csrf_of, hire, session_of, signed_in
from tests.desk import propose, seen
from tests.shop import NOW, _events, open_shop

FIRST = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def held(app: Flask) -> tuple[UUID, datetime]:
    """A price that was replayed, approved, and used since: its id and its start."""
    open_shop(app, requests=120)
    config_id = propose(app, hire(app, ADAM))
    with at(app, NOW):
        adam = signed_in(app, ADAM)
        adam.post("/pricing/impacts", data={"csrf_token": csrf_of(adam), "config_id": config_id})
    with app.app_context():
        approve_price(hire(app, ANNA), config_id, seen(app, config_id), datetime.now(UTC))
        with db.snapshot() as connection:
            asking = text("select effective_from from pricing_configs where id = :id")
            start = connection.execute(asking, {"id": config_id}).scalar_one()
        since = [
            replace(
                event,
                request_id=UUID(int=event.request_id.int ^ 1),
                started_at=start + timedelta(hours=number),
                completed_at=start + timedelta(hours=number, seconds=1),
            )
            for number, event in enumerate(_events(FIRST, 60), 1)
        ]
        record_usage(since)
    return config_id, start


@pytest.mark.parametrize(("days", "compared", "to_come"), [(6, 0, 2), (8, 1, 1), (31, 2, 0)])
def test_finance_reads_what_came_beside_what_was_predicted_when_it_is_due(
    app: Flask, held: tuple[UUID, datetime], days: int, compared: int, to_come: int
) -> None:
    config_id, start = held
    when = start + timedelta(days=days)
    fiona = browser(app, session_of(app, hire(app, FIONA), began=when))
    with at(app, when):
        answer = fiona.get(f"/pricing/proposals/{config_id}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200, page
    found = page[page.index('id="pricing-proposals-actual"') :]
    assert found.count("in proportion to as many requests as came") == compared
    assert found.count("it appears on") == to_come
    if compared:
        assert "Predicted" in found
        assert "List margin, %" in found
