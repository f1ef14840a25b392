"""`make demo-pictures`: photograph every page of the demo, wide and narrow, light and dark, into docs/pictures."""

import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.scratch import PASSWORD, ROOT, Scratch, scratch
from tests.chromium import launched, served

FOLDER = ROOT / "docs" / "pictures"
# Kept in the repository because the README shows them: name → page, width, height, scheme.
IN_README = {
    "overview": ("/", 1440, 1130, "light"),
    "margins": ("/finance/margins?open=all", 1440, 1130, "dark"),
    "costs": ("/finance/costs", 1440, 1130, "light"),
    "ledger-proof": ("/control/ledger-proof", 1440, 900, "light"),
    "multipliers": ("/pricing/multipliers", 1440, 1130, "dark"),
    "simulator": ("/pricing/simulator?s=Dearer+pro;pro/*/*:1.65&s=Cheaper+free;free/*/*:1.8", 1440, 1130, "light"),
    "overview-phone": ("/", 390, 844, "dark"),
    "ledger-rows-phone": ("/finance/ledger-rows", 390, 844, "light"),
}
PAGES = (
    "/",
    "/?explain=margin_percent",
    "/?from=2020-01-01&to=2020-01-31",
    "/?from=x&to=y",
    "/?period=1y",
    "/finance/margins",
    "/finance/margins?provider=openai&tier=free&per=week",
    "/finance/margins?open=all&value=realised",
    "/finance/margins?group=customer&explain=all",
    "/finance/costs",
    "/finance/ledger-rows",
    "/finance/ledger-rows?cost_status=unpriced",
    "/pricing/multipliers",
    "/pricing/multipliers/matrix",
    "/pricing/multipliers/explain",
    "/pricing/multipliers/coverage",
    "/pricing/proposals",
    "/pricing/proposals/new",
    "/pricing/vendor-prices",
    "/pricing/vendor-prices/differences",
    "/pricing/simulator?s=Dearer+pro;pro/*/*:1.65&s=Cheaper+free;free/*/*:1.8",
    "/pricing/tiers",
    "/support/accounts",
    "/support/receipts",
    "/support/receipts?kind=large",
    "/support/reversals",
    "/support/reversals/batches/new",
    "/support/grants",
    "/support/approvals",
    "/support/approvals?show=all",
    "/control/ledger-proof",
    "/control/schema-health",
    "/control/operators",
    "/control/api-keys",
    "/control/settings",
    "/control/audit-log",
    "/control/audit-log/chain",
    "/control/audit-log/head",
    "/queries/finance/margins_by_group",
    "/preferences",
    "/nowhere",
)


def main(folder: str | None = None) -> int:
    """Without a folder only the README's pictures; with one, every page in every light and width into it."""
    with scratch() as own, launched() as browser:
        own.flask("demo")
        own.flask("check")
        with served(own.app) as address:
            if folder:
                _all(own, browser, address, Path(folder))
            else:
                _readme(browser, address)
                _desk(own, browser, address)
    return 0


def _readme(browser: Browser, address: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (path, width, height, scheme) in IN_README.items():
        page = _signed_in(browser, address, width, height, scheme)
        page.goto(path)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=FOLDER / f"{name}.png")
        page.context.close()
    page = _signed_in(browser, address, 1440, 1400, "light")
    _open_a_proposal(page)
    page.screenshot(path=FOLDER / "proposal.png")
    page.context.close()


def _desk(own: Scratch, browser: Browser, address: str) -> None:
    """Support's own pages: one charge and giving it back, its customer, and an incident given back."""
    page = _signed_in(browser, address, 1440, 1300, "light", "support")
    page.goto("/support/receipts?kind=large")
    page.locator("tbody th a").first.click()
    page.get_by_role("heading", name="Reverse this charge").wait_for()
    page.screenshot(path=FOLDER / "receipt.png")
    page.locator("dl.facts a").first.click()
    page.get_by_role("heading", name="Timeline").wait_for()
    page.screenshot(path=FOLDER / "account.png")
    _give_back(own, page)
    page.screenshot(path=FOLDER / "incident-batch.png")
    page.context.close()


def _give_back(own: Scratch, page: Page) -> None:
    """Give back what one vendor's answers cost yesterday morning, and show what came of it."""
    day = datetime.now(UTC).date() - timedelta(days=1)
    page.goto(f"/support/reversals/batches/new?from={day}T00:00&until={day}T12:00&provider=anthropic")
    confirmation = page.get_by_role("textbox", name=re.compile("to confirm"))
    asked = re.search(r"Type ([\d,.]+) to confirm", page.locator("main").inner_text())
    confirmation.fill(asked.group(1) if asked else "")
    page.get_by_role("textbox", name="What happened").fill("Answers of one vendor were cut off from midnight to noon")
    page.get_by_role("button", name=re.compile("^Give .* back$|^Ask for approval")).click()
    page.wait_for_url(re.compile(r"/batches/[0-9a-f-]{36}$"))
    own.flask("run-batches")
    page.goto(page.url)
    page.wait_for_load_state("networkidle")


def _open_a_proposal(page: Page) -> None:
    """Replay the demo's pending proposal on its traffic, and show the proposal with what came of it."""
    page.goto("/pricing/proposals?state=pending")
    page.locator("tbody th a").first.click()
    page.wait_for_load_state("networkidle")
    proposal = page.url
    page.get_by_role("button", name="Replay the last 30 days").click()
    page.wait_for_url("**/pricing/impacts/**")
    page.goto(proposal)
    page.wait_for_load_state("networkidle")


def _all(own: Scratch, browser: Browser, address: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{len(PAGES)} pages of {own.settings.data_dir.name} into {folder}")
    for width, height in ((1440, 900), (390, 844)):
        for scheme in ("light", "dark"):
            page = _signed_in(browser, address, width, height, scheme)
            for number, path in enumerate(PAGES):
                page.goto(path)
                page.wait_for_load_state("networkidle")
                page.screenshot(path=folder / f"{number:02}-{width}-{scheme}.png", full_page=True)
            if (width, scheme) == (1440, "light"):
                _open_a_proposal(page)
            page.goto("/pricing/proposals?state=pending")
            page.locator("tbody th a").first.click()
            page.wait_for_load_state("networkidle")
            page.screenshot(path=folder / f"proposal-{width}-{scheme}.png", full_page=True)
            page.context.close()


def _signed_in(browser: Browser, address: str, width: int, height: int, scheme: str, who: str = "owner") -> Page:
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(f"{who}@ledgerline.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    return page


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
