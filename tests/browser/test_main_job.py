"""Finance's main job in a real browser: sign in, narrow down, drill, explain, go back, take along."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, FilePayload, Page, expect

from dashboard import db
from dashboard.engine.by_hand import GrantOrder, payload_of
from dashboard.store.approvals import ApprovalRequest
from tests.cast import FIONA, OLGA, PASSWORD, SAM, Person, hire
from tests.chromium import complaints, launched, overflow, served
from tests.shop import FIRST, TODAY, customer_id, open_shop

BEA = customer_id("bea")
PLAN = uuid5(BEA, "first subscription")
ASKED = UUID(int=7, version=4)
PAGES = {
    "finance": (
        "/",
        "/finance/margins",
        "/finance/costs",
        "/finance/ledger-rows",
        f"/finance/customers?from={FIRST}&to={TODAY}",
        f"/finance/liability?from={FIRST}&to=2035-12-31",
        f"/finance/liability/movements?from={FIRST}&to=2035-12-31",
        "/preferences",
        "/pricing/multipliers",
        "/pricing/multipliers/matrix",
        "/pricing/multipliers/explain",
        "/pricing/multipliers/coverage",
        "/pricing/tiers",
        "/pricing/tiers/pro",
        f"/pricing/simulator?from={FIRST}&to={TODAY}&s=Dearer+pro;pro/*/*:1.65;step:0.1",
        "/pricing/proposals",
        "/pricing/vendor-prices",
        "/pricing/vendor-prices/differences",
        "/pricing/vendor-prices/openai/gpt-4o",
        "/support/receipts",
        "/support/grants",
        "/billing/invoices",
        "/billing/credit-packs",
        "/billing/credit-packs/new",
        "/billing/licences",
        "/billing/licences/new",
        "/billing/coupons",
        "/billing/coupons/campaigns",
    ),
    "owner": (
        "/billing/coupons/new",
        "/billing/coupons/campaigns/new",
        "/pricing/proposals?state=waiting",
        "/pricing/proposals/new?tier=pro&multiplier=0.95",
        "/pricing/vendor-prices/new",
        "/control/ledger-proof",
        "/control/schema-health",
        "/control/operators",
        "/control/api-keys",
        "/control/jobs",
        "/control/webhooks",
        "/control/settings",
        "/control/audit-log",
        "/control/audit-log/1",
        "/control/audit-log/chain",
        "/control/audit-log/head",
        "/support/approvals",
        f"/support/approvals/{ASKED}",
    ),
    "support": (
        "/support/approvals?show=mine",
        f"/support/approvals/{ASKED}",
        "/billing/subscriptions",
        f"/billing/subscriptions/{BEA}/{PLAN}?tier=pro_max",
        f"/billing/subscriptions/new/{customer_id('ada')}?tier=pro",
        "/billing/prorations",
        "/support/accounts",
        "/support/accounts?q=be",
        f"/support/accounts/{BEA}",
        f"/support/accounts/{BEA}/grants/new",
        f"/support/accounts/{BEA}/deductions/new",
        f"/support/receipts/{BEA}/entries/1",
        f"/support/receipts/{BEA}/entries/2",
        f"/support/receipts/{BEA}/entries/2/words",
        "/support/reversals",
        "/support/reversals/batches/new?from=2026-10-01T00:00&until=2026-10-15T00:00",
    ),
}
# Contrast needs both schemes and layout both widths, but not every pair of them.
LOOKS = ((1440, "light"), (390, "dark"))
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    open_shop(app)
    ask(app)
    for person in (FIONA, OLGA, SAM):
        hire(app, person)
    app.config["CLOCK"] = lambda: datetime.combine(TODAY, datetime.now(UTC).timetz(), UTC)
    with served(app) as address:
        yield address
    del app.config["CLOCK"]


def ask(app: Flask) -> None:
    """Let Sam ask for more credits than support may grant alone."""
    sam, now = hire(app, SAM), datetime.combine(TODAY, datetime.now(UTC).timetz(), UTC)
    order = GrantOrder(BEA, UUID(int=8, version=4), Decimal(90_000), "compensation")
    asked = {"kind": "grant_credits", "payload": payload_of(order), "requested_at": now}
    who = {"requested_by": sam.operator_id, "requested_person_id": sam.person_id}
    with app.app_context(), db.transaction() as session:
        session.add(ApprovalRequest(id=ASKED, expires_at=now + timedelta(hours=24), **asked, **who))


def test_finance_does_the_main_job(browser: Browser, address: str) -> None:
    page = browser.new_page(base_url=address)
    heard = complaints(page)
    sign_in(page, FIONA)
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    page.get_by_role("link", name="90 days").click()
    expect(page.get_by_role("link", name="90 days")).to_have_attribute("aria-current", "true")
    assert "period=90d" in page.url
    page.locator("article", has_text="Gross margin %").get_by_role("link").click()
    expect(page.get_by_text("(list revenue − vendor cost) ÷ list revenue")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("(list revenue − vendor cost) ÷ list revenue")).to_have_count(0)

    page.goto(f"/finance/margins?from={FIRST}&to={TODAY}")
    page.get_by_label("Group by").select_option("tier,model")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="By tier and model")).to_be_visible()
    assert "group=tier%2Cmodel" in page.url
    page.get_by_role("link", name="Open all").click()
    expect(page.get_by_role("link", name="Close all")).to_be_visible()
    page.locator("tbody tr.l2").first.get_by_role("rowheader").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Ledger rows", level=1)).to_be_visible()
    assert "tier=" in page.url
    assert "model=" in page.url
    page.go_back()
    expect(page.get_by_role("heading", name="By tier and model")).to_be_visible()

    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV, every group").click()
    assert download.value.suggested_filename.endswith(".csv")
    assert heard == []
    page.close()


@pytest.mark.parametrize("person", [FIONA, OLGA, SAM], ids=lambda person: person.role)
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page_is_clean_accessible_and_fits(
    browser: Browser, address: str, person: Person, width: int, scheme: str
) -> None:
    context = browser.new_context(
        base_url=address, viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    heard = complaints(page)
    sign_in(page, person)
    for path in PAGES[person.role]:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        page.wait_for_load_state("networkidle")
        assert overflow(page) == 0, f"{path} scrolls sideways at {width} px"
        found = Axe().run(page).response["violations"]
        serious = [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in SERIOUS]
        assert serious == [], path
    assert heard == []
    context.close()


def test_the_owner_compares_the_chain_with_the_file_they_kept(browser: Browser, address: str) -> None:
    page = browser.new_page(base_url=address)
    heard = complaints(page)
    sign_in(page, OLGA)
    head = page.request.get("/control/audit-log/head.json")
    kept = FilePayload(name="audit-head.json", mimeType="application/json", buffer=head.body())
    page.goto("/control/audit-log/chain")
    page.get_by_label("Or the file itself").set_input_files(kept)
    expect(page.get_by_role("textbox", name="Head")).to_have_value(head.text().strip())
    assert heard == []
    page.close()


def test_a_wrong_password_is_told_plainly_and_changes_nothing(browser: Browser, address: str) -> None:
    page = browser.new_page(base_url=address)
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(FIONA.email)
    page.get_by_label("Password").fill("not my password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.goto("/")
    assert page.url.startswith(f"{address}/sign-in")
    page.close()


def sign_in(page: Page, person: Person) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
