"""What app.js adds, tried in Chromium under the content security policy; and that nothing needs it."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask, Response, request
from playwright.sync_api import Browser, Page, expect

from dashboard.ui import charts, plots
from dashboard.ui.htmx import refusal, render
from tests.chromium import launched, served
from tests.ui.kit import kit_app

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PAGE = """{% extends "layouts/page.html" %}{% from "macros/links.html" import refresh %}{% block title %}Kit{% endblock %}
{% block main %}<h1>Kit</h1>
<form method="get" action="/"{{ refresh("kit-region" if request.args.get("quick") else none) }}><select name="model" aria-label="Model"><option value="">All</option><option>a</option></select>
<input name="sort" value="margin" aria-label="Sort"><button>Apply</button></form>
<textarea id="key" aria-label="Key">llk_1</textarea><button type="button" data-copy="key" hidden>Copy the key</button>
{% include "kit/_region.html" %}{% endblock %}"""
REGION = """{% from "macros/charts.html" import chart %}{% from "macros/figures.html" import cell, figure %}
{% from "macros/tables.html" import th %}{% from "macros/links.html" import go %}
<div id="kit-region" class="region">
<p><strong class="fig">{{ figure(margin) }}</strong> <a id="refused" {{ go("/refused", "kit-region") }}>Approve</a></p>
{% call chart(plot, "Margin by day", "As a table", spec=spec) %}
<table><thead><tr>{{ th("Day") }}{{ th("Margin", true, key="margin", sort=sort, target="kit-region") }}</tr></thead>
<tbody>{% for day_, value in rows %}<tr><th scope="row">{{ day_|day(year=false) }}</th>{{ cell(value) }}</tr>{% endfor %}</tbody></table>
{% endcall %}</div>"""
DAYS = [date(2026, 11, 1) + timedelta(days=i) for i in range(5)]
VALUES = [Decimal(i) + Decimal("0.123456") for i in range(5)]


def kit() -> Flask:
    app = kit_app({"kit/index.html": PAGE, "kit/_region.html": REGION})
    app.add_url_rule("/", "overview", _page)
    app.add_url_rule("/finance/margins", "margins", _page)
    app.add_url_rule("/refused", "refused", lambda: refusal(409, "Someone approved it before you."))
    app.after_request(_with_policy)
    return app


def _page() -> Response:
    from dashboard.ui.links import Sort

    plot = plots.lines(DAYS, [plots.Series("Margin", VALUES)], label="Margin by day")
    assert plot is not None
    sort = Sort.parse(request.args.get("sort"), ("margin",), "margin")
    rows = sorted(zip(DAYS, VALUES, strict=True), reverse=sort.direction == "descending")
    context = {"plot": plot, "spec": charts.spec(plot), "sort": sort, "rows": rows, "margin": VALUES[-1]}
    return render("kit/index.html", "kit/_region.html", **context)


def _with_policy(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    return response


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(kit()) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, color_scheme="light")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto("/")
    yield page
    context.close()
    assert not [text for text in said if "409" not in text]


def test_a_chart_comes_alive_without_moving_anything(page: Page) -> None:
    before = page.locator(".plot").bounding_box()
    page.wait_for_selector(".plot[data-live]")
    assert page.locator(".plot").bounding_box() == before
    live, drawn = page.locator(".live").bounding_box(), page.locator(".plot > svg").nth(1).bounding_box()
    assert live is not None
    assert live == drawn
    page.mouse.move(live["x"] + live["width"] / 2, live["y"] + 100)
    page.wait_for_selector("text=3 Nov 2026")


def test_a_chart_takes_the_colours_of_the_scheme(page: Page) -> None:
    page.wait_for_selector(".plot[data-live]")
    line = page.locator(".live path.js-line").first
    expect(line).to_have_css("stroke", "rgb(52, 73, 166)")
    page.emulate_media(color_scheme="dark")
    expect(line).to_have_css("stroke", "rgb(127, 159, 240)")


def test_sorting_swaps_the_region_and_back_returns_to_it(page: Page) -> None:
    page.wait_for_selector(".plot[data-live]")
    page.evaluate("window.sameDocument = true")
    page.click("summary.more")
    page.click("th a")
    page.wait_for_url("**/?sort=-margin")
    page.wait_for_selector(".plot[data-live]", state="attached")
    assert page.locator("tbody th").first.text_content() == "5 Nov"
    page.go_back()
    page.wait_for_selector("th[aria-sort=ascending]", state="attached")
    assert page.locator("h1").count() == 1
    assert page.evaluate("window.sameDocument")


def test_what_somebody_resized_may_be_swapped_under_the_policy(page: Page) -> None:
    # The style attribute a browser writes; the page fixture refuses what the policy complains about.
    page.evaluate("document.getElementById('refused').style.width = '12rem'")
    page.click("summary.more")
    page.click("th a")
    page.wait_for_url("**/?sort=-margin")
    page.wait_for_function("!document.getElementById('refused').hasAttribute('style')")


@pytest.mark.parametrize("quick", ["", "?quick=1"])
def test_an_address_names_only_the_filters_that_were_chosen(page: Page, quick: str) -> None:
    page.goto(f"/{quick}")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**/?sort=margin")
    page.get_by_label("Model").select_option("a")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**/?model=a&sort=margin")


def test_a_key_shown_once_is_copied_with_one_press(page: Page) -> None:
    page.get_by_role("button", name="Copy the key").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "llk_1"


def test_a_refusal_is_told_above_a_page_that_stays(page: Page) -> None:
    page.click("#refused")
    page.wait_for_selector("#shared-problem p")
    assert page.locator("#shared-problem").inner_text() == "Not done. Someone approved it before you."
    assert page.locator("#kit-region").count() == 1
    assert page.url.endswith("/")


def test_finance_copies_every_digit(page: Page) -> None:
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.fig span'))")
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == "4.123456"
    page.click("summary.more")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('tbody'))")
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()").splitlines()[1] == "2 Nov\t1.123456"


def test_the_theme_is_kept_and_stands_before_the_first_paint(page: Page) -> None:
    page.keyboard.press("t")
    page.keyboard.press("t")
    page.reload(wait_until="commit")
    page.wait_for_selector("html[data-theme=dark] body", state="attached")
    assert page.locator("[data-theme-switch]").text_content() == "Theme: dark"


def test_a_page_is_found_from_the_keyboard(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("marg")
    assert page.locator("#palette a:visible").all_inner_texts() == ["Margins\ng m"]
    page.keyboard.press("Enter")
    page.wait_for_url("**/finance/margins")
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url("**/")


def test_single_keys_can_be_switched_off(page: Page) -> None:
    page.keyboard.press("?")
    page.uncheck("#single-keys")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert not page.locator("#palette").is_visible()
    page.keyboard.press("Control+k")
    assert page.locator("#palette").is_visible()


def test_without_javascript_the_page_reads_sorts_and_opens(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    assert page.locator(".plot path.ln").count() == 1
    page.click("summary.more")
    page.click("th a")
    assert page.url.endswith("/?sort=-margin")
    assert page.locator("h1").count() == 1
    context.close()
