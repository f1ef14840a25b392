"""An incident batch in a real browser, by keyboard alone: what it comes to, the order, and its progress as it runs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from dashboard import db
from dashboard.actions.run_batches import run_batches
from dashboard.store.incidents import batches_to_run, run_items
from tests.browser.test_proposals import clean, entered, press, tab_to
from tests.cast import ADAM, hire
from tests.chromium import launched, overflow, served
from tests.incidents import play

STORY = "day 0: grant A 1000 for $10 until 9000\nday 1: use 60\nday 2: use 30"
ADDRESS = "/support/reversals/batches/new?from=2026-09-01T00:00&until=2026-09-20T00:00"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    hire(app, ADAM)
    play(app, "alma", STORY)
    with served(app) as address:
        yield address


def test_adam_orders_a_batch_and_watches_it_run_by_keyboard_alone(app: Flask, browser: Browser, address: str) -> None:
    adam, heard = entered(browser, address, ADAM)
    adam.goto(ADDRESS)
    clean(adam)
    tab_to(adam, adam.get_by_label("What happened"))
    adam.keyboard.type("The answers were empty.")
    tab_to(adam, adam.get_by_label("Type 90 to confirm"))
    adam.keyboard.type("90")
    press(adam, adam.get_by_role("button", name="Give 90 credits back"))
    expect(adam.get_by_role("heading", name="0 of 2 deductions handled")).to_be_visible()
    adam.evaluate("window.sameDocument = true")
    pause = adam.get_by_role("button", name="Pause")
    tab_to(adam, pause)
    # The region is replaced every second; whoever is about to press stays where they are.
    for _ in range(2):
        with adam.expect_response("**/support/reversals/batches/*"):
            pass
    expect(pause).to_be_focused()
    with app.app_context(), db.transaction() as session:
        (batch,) = batches_to_run.all(session.connection())
        grace = timedelta(days=30)
        run_items.one(session.connection(), batch_id=batch.id, most=1, grace=grace, begins=True)
    expect(adam.get_by_role("heading", name="1 of 2 deductions handled")).to_be_visible()
    clean(adam)
    with app.app_context():
        run_batches(now=datetime.now(UTC))
    expect(adam.get_by_role("heading", name="2 of 2 deductions handled")).to_be_visible()
    expect(adam.locator("header .badge", has_text="Done")).to_be_visible()
    assert adam.evaluate("window.sameDocument"), "progress is seen without loading the page again"
    clean(adam)
    adam.set_viewport_size({"width": 390, "height": 844})
    assert overflow(adam) == 0
    assert heard == []
    adam.context.close()
