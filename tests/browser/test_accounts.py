"""Support's main job in a real browser: from a request id to the credits given back, without loading the page again."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import text

from dashboard import db
from tests.books import Story, day
from tests.browser.test_main_job import sign_in
from tests.cast import SAM, hire
from tests.chromium import complaints, launched, served

CHARGED = "select request_id from credit_deduction_ledger where seq = 2"
STORY = """
    day 0: grant Pack 1000 for $100 paid
    day 1: use 50
    day 2: use 20
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def story(app: Flask) -> Story:
    """Ada bought a thousand credits and used 70 of them."""
    hire(app, SAM)
    app.config["CLOCK"] = lambda: day(4)
    return Story(app).play(STORY)


@pytest.fixture(scope="module")
def address(app: Flask, story: Story) -> Iterator[str]:
    with served(app) as address:
        yield address


def tile(page: Page, part: str, title: str) -> Locator:
    return page.locator(f"#support-accounts-{part} article", has_text=title).locator(".fig").first


def test_sam_gives_back_a_charge_from_its_request_id_without_a_reload(
    browser: Browser, address: str, story: Story
) -> None:
    with story.app.app_context(), db.snapshot() as connection:
        request_id = connection.execute(text(CHARGED)).scalar_one()
    page = browser.new_page(base_url=address)
    heard = complaints(page)
    sign_in(page, SAM)
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Accounts", level=1)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.insert_text(str(request_id))
    page.locator("#support-accounts-list").get_by_role("link", name="Ada Byron").click()
    expect(page.get_by_role("heading", name="Ada Byron", level=1)).to_be_visible()
    page.evaluate("window.stayed = true")
    expect(tile(page, "balance", "Balance")).to_have_text("930")
    expect(tile(page, "figures", "Gross margin")).to_have_text("$0.04")

    page.locator("#support-accounts-timeline tbody tr", has_text="entry 2").get_by_role("link").click()
    receipt = page.locator("#support-receipts-show")
    receipt.get_by_label("Reason").select_option("goodwill")
    receipt.get_by_role("button", name="Reverse 50 credits").click()
    expect(page.locator("#support-accounts-timeline tbody tr").first).to_contain_text("Given back")
    expect(tile(page, "balance", "Balance")).to_have_text("980")
    expect(tile(page, "figures", "Gross margin")).to_have_text("−$0.02")
    assert page.evaluate("window.stayed"), "all of it without loading the page again"
    assert heard == []
    page.close()


def test_sam_opens_a_customer_from_the_palette_by_keyboard(browser: Browser, address: str) -> None:
    page = browser.new_page(base_url=address)
    sign_in(page, SAM)
    page.keyboard.press("Control+k")
    page.keyboard.type("byr")
    expect(page.locator("#palette a[aria-selected=true]")).to_contain_text("Ada Byron")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ada Byron", level=1)).to_be_visible()
    page.close()
