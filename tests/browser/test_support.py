"""The support desk in a real browser, by keyboard alone: from a request's id to its receipt and back with its credits."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import text

from dashboard import db
from tests.books import Story
from tests.browser.test_main_job import SERIOUS, sign_in
from tests.cast import SAM, hire
from tests.chromium import complaints, launched, overflow, served
from tests.pages.support.receipts import somebody

MOST_TABS = 80
STORY = """
    day 0: grant Welcome 30 for $0 until 10
    day 0: grant Pack 100 for $10 paid
    day 1: use 50
    day 14: use 1
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def story(app: Flask) -> Story:
    hire(app, SAM)
    return Story(app, somebody()).play(STORY)


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    with served(app) as address:
        yield address


def test_sam_finds_a_request_reads_its_receipt_and_gives_it_back_by_keyboard_alone(
    browser: Browser, address: str, story: Story
) -> None:
    page = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900}).new_page()
    heard = complaints(page)
    sign_in(page, SAM)
    page.goto("/support/receipts")
    tab_to(page, page.get_by_role("searchbox"))
    page.keyboard.type(request_id_of(story))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="50 credits for one request")).to_be_visible()
    expect(page.get_by_text("Recalculated, matches")).to_be_visible()
    clean(page)
    page.evaluate("window.sameDocument = true")

    tab_to(page, page.get_by_role("radio", name="All 50 credits"))
    page.keyboard.press("ArrowDown")
    tab_to(page, page.get_by_label("Credits of the part"))
    page.keyboard.type("20.5")
    expect(page.get_by_role("button", name="Reverse 20.5 credits")).to_be_visible()
    expect(page.get_by_role("row", name="Balance, credits 79 99.5")).to_be_visible()
    expect(page.get_by_label("Credits of the part")).to_be_focused()
    tab_to(page, page.get_by_label("Reason"))
    page.keyboard.type("Goodwill")
    press(page, page.get_by_role("button", name="Reverse 20.5 credits"))

    expect(page.get_by_text("The balance is 99.5 credits now.")).to_be_visible()
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator("header .badge", has_text="Partly given back")).to_be_visible()
    expect(page.get_by_text("20.5 credits given back by Sam: Goodwill")).to_be_visible()
    expect(page.get_by_text("A new grant in place of Welcome")).to_be_visible()
    expect(page.get_by_role("row", name="List revenue $0.02950 $0.00000")).to_be_visible()
    expect(page.get_by_role("row", name="List margin $0.00450 −$0.02500")).to_be_visible()
    press(page, page.get_by_role("button", name="Reverse 29.5 credits"))
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("Goodwill")
    press(page, page.get_by_role("button", name="Reverse 29.5 credits"))
    expect(page.get_by_text("Nothing left to give back.")).to_be_visible()
    assert page.evaluate("window.sameDocument"), "the new state is seen without loading the page again"
    clean(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert overflow(page) == 0
    assert heard == []
    assert story.laws() == {}
    page.context.close()


def request_id_of(story: Story) -> str:
    """The id of the customer's first request."""
    sql = "select request_id::text from credit_deduction_ledger where user_id = :user and seq = 3"
    with story.app.app_context(), db.snapshot() as connection:
        return str(connection.execute(text(sql.replace("::", r"\:\:")), {"user": story.customer.user_id}).scalar_one())


def tab_to(page: Page, wanted: Locator) -> None:
    """Go there as people without a mouse do."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{wanted} was not reached by {MOST_TABS} tabs")


def press(page: Page, wanted: Locator) -> None:
    """Go there and press Enter."""
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def clean(page: Page) -> None:
    """Nothing serious for axe, and nothing that scrolls sideways."""
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in SERIOUS] == []
    assert overflow(page) == 0
