"""A vendor's price changes, in a real browser: bring a list, see what it does, accept, answer with a draft."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.cast import ADAM, PASSWORD, at, hire
from tests.chromium import complaints, launched, overflow, served
from tests.shop import NOW, UNPRICED, open_shop

SERIOUS = {"serious", "critical"}
LIST = b"provider,model,input_price_per_1k,output_price_per_1k\nopenai,gpt-4o,0.003,0.012\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    open_shop(app)
    hire(app, ADAM)
    with at(app, NOW), served(app) as address:
        yield address


def test_an_admin_decides_a_change_and_corrects_usage_that_waited(browser: Browser, address: str) -> None:
    page = browser.new_page(base_url=address)
    heard = complaints(page)
    sign_in(page)
    page.goto("/pricing/vendor-prices")
    expect(page.get_by_role("heading", name="Usage that waits for a price")).to_be_visible()
    page.get_by_role("link", name="Bring in prices").click()
    page.get_by_label("CSV, USD per 1,000 tokens").check()
    page.locator("#file").set_input_files(FilePayload(name="list.csv", mimeType="text/csv", buffer=LIST))
    page.get_by_role("button", name="Compare this list").click()
    expect(page.get_by_text("1 difference to decide")).to_be_visible()
    page.get_by_role("rowheader").get_by_role("link", name="gpt-4o").click()
    expect(page.get_by_role("heading", name="Sources side by side")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Accept $0.003000 in, $0.012000 out").click()
    expect(page.get_by_text("The price is set")).to_be_visible()
    page.get_by_role("form", name="Keep the customer’s price").get_by_role("button").click()
    expect(page.get_by_text("drafts written")).to_be_visible()

    page.goto("/pricing/vendor-prices")
    page.get_by_role("link", name=f"Set a price of {UNPRICED}").click()
    page.get_by_label("Input", exact=False).first.fill("0.001")
    page.get_by_label("Output", exact=False).first.fill("0.004")
    page.get_by_role("button", name="Show what this price does").click()
    page.get_by_role("button", name="Accept $").click()
    page.get_by_role("link", name="See and post corrections").click()
    fits(page)
    page.get_by_label("Why").fill("Priced late")
    page.get_by_role("button", name="Correct ").click()
    expect(page.get_by_text("7 requests corrected")).to_be_visible()
    expect(page.get_by_text("0, because they were not to be charged")).to_be_visible()
    fits(page)
    assert heard == []
    page.close()


def fits(page: Page) -> None:
    """No serious fault of access, and nothing beyond the edge of the page."""
    found = [one["id"] for one in Axe().run(page).response["violations"] if one["impact"] in SERIOUS]
    assert (found, overflow(page)) == ([], 0)


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(ADAM.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
