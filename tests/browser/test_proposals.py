"""A price from draft to live in a real browser, by keyboard alone: one admin proposes, another approves."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.test_main_job import SERIOUS, sign_in
from tests.cast import ADAM, ANNA, Person, hire
from tests.chromium import complaints, launched, overflow, served

MOST_TABS = 60


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    for person in (ADAM, ANNA):
        hire(app, person)
    with served(app) as address:
        yield address


def test_adam_proposes_and_anna_approves_by_keyboard_alone(browser: Browser, address: str) -> None:
    adam, heard = entered(browser, address, ADAM)
    adam.goto("/pricing/proposals")
    press(adam, adam.get_by_role("link", name="New proposal"))
    adam.wait_for_url("**/new")
    tab_to(adam, adam.get_by_label("Tier"))
    adam.keyboard.type("Pro")
    tab_to(adam, adam.get_by_label("Multiplier"))
    adam.keyboard.type("0.95")
    expect(adam.get_by_label("I know that this sells below what it costs us")).to_be_visible()
    clean(adam)
    adam.keyboard.press("Control+A")
    adam.keyboard.type("1.65")
    preview = adam.locator("#pricing-proposals-preview")
    expect(preview.get_by_role("row", name="Target margin 33.3% 39.4%")).to_be_visible()
    expect(adam.get_by_label("I know that this sells below")).to_have_count(0)
    expect(adam.get_by_label("Multiplier")).to_be_focused()
    tab_to(adam, adam.get_by_label("Reason"))
    adam.keyboard.type("To protect")
    tab_to(adam, adam.get_by_label("Details"))
    adam.keyboard.type("Pro is too cheap")
    press(adam, adam.get_by_role("button", name="Save the draft"))
    expect(adam.get_by_role("heading", name="Pro: 1.50 → 1.65")).to_be_visible()
    where = adam.url

    adam.evaluate("window.sameDocument = true")
    press(adam, adam.get_by_role("button", name="Submit 1.65 for approval"))
    expect(adam.get_by_text("You wrote a part of it, so somebody else approves it: Anna.")).to_be_visible()
    expect(adam.get_by_role("button", name="Approve")).to_have_count(0)
    assert adam.evaluate("window.sameDocument"), "the new state is seen without loading the page again"

    anna, heard_by_anna = entered(browser, address, ANNA)
    anna.goto("/pricing/proposals?state=waiting")
    press(anna, anna.get_by_role("rowheader").get_by_role("link", name="Pro"))
    anna.wait_for_url(where)
    clean(anna)
    anna.evaluate("window.sameDocument = true")
    press(anna, anna.get_by_role("button", name="Reject this proposal"))
    expect(anna.get_by_text("Not rejected.")).to_be_visible()
    expect(anna.get_by_label("Reason")).to_be_focused()
    press(anna, anna.get_by_role("button", name="Approve 1.65 for Pro from now on"))
    expect(anna.get_by_text("Approved. It holds from its start on")).to_be_visible()
    expect(anna.locator("header .badge", has_text="Active")).to_be_visible()
    assert anna.evaluate("window.sameDocument")
    clean(anna)
    anna.set_viewport_size({"width": 390, "height": 844})
    assert overflow(anna) == 0
    # The refused rejection is answered with 422, which the console notes.
    assert [line for line in [*heard, *heard_by_anna] if "422" not in line] == []
    adam.context.close()
    anna.context.close()


def entered(browser: Browser, address: str, person: Person) -> tuple[Page, list[str]]:
    page = browser.new_context(base_url=address).new_page()
    heard = complaints(page)
    sign_in(page, person)
    return page, heard


def tab_to(page: Page, wanted: Locator) -> None:
    """Reach an element as somebody without a mouse does."""
    for _ in range(MOST_TABS):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached with Tab")


def press(page: Page, wanted: Locator) -> None:
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def clean(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in SERIOUS] == [], page.url
