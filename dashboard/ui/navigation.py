"""The map of the product: every area and page there is, of which a person sees what exists and is theirs."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app, request, url_for
from flask.sansio.app import App

MayOpen = Callable[[str], bool]
Waiting = Callable[[], int]


@dataclass(frozen=True)
class Page:
    """A page by its path, which never changes; `key` opens it after `g`; `also` is a path whose pages belong to it."""

    title: str
    path: str
    key: str = ""
    also: str = ""


@dataclass(frozen=True)
class Link:
    """A page as this person may open it now; `waiting` is how much there waits for them, where that is counted."""

    title: str
    href: str
    key: str
    current: bool
    area: str
    waiting: int | None = None


@dataclass(frozen=True)
class Area:
    """A heading of the navigation; open where one of its links is the page shown."""

    title: str
    links: tuple[Link, ...]

    @property
    def current(self) -> bool:
        """True if the page shown is here."""
        return any(link.current for link in self.links)


TREE: tuple[tuple[str, tuple[Page, ...]], ...] = (
    ("", (Page("Overview", "/", "o"),)),
    (
        "Finance",
        (
            Page("Margins", "/finance/margins", "m"),
            Page("Costs", "/finance/costs", "c"),
            Page("Ledger rows", "/finance/ledger-rows", "l"),
            Page("Customers", "/finance/customers", "u"),
            Page("Cache", "/finance/cache"),
            Page("Revenue", "/finance/revenue", "r"),
            Page("Liability", "/finance/liability"),
            Page("Reconciliation", "/finance/reconciliation"),
        ),
    ),
    (
        "Pricing",
        (
            Page("Multipliers", "/pricing/multipliers", "x"),
            Page("Proposals", "/pricing/proposals", "p", also="/pricing/impacts"),
            Page("Vendor prices", "/pricing/vendor-prices", "v"),
            Page("Simulator", "/pricing/simulator"),
            Page("Tiers", "/pricing/tiers", "t"),
        ),
    ),
    (
        "Support",
        (
            Page("Accounts", "/support/accounts", "a"),
            Page("Receipts", "/support/receipts"),
            Page("Reversals", "/support/reversals"),
            Page("Grants", "/support/grants"),
            Page("Approvals", "/support/approvals", "w"),
        ),
    ),
    (
        "Billing",
        (
            Page("Subscriptions", "/billing/subscriptions", "s"),
            Page("Invoices", "/billing/invoices", "i"),
            Page("Prorations", "/billing/prorations"),
            Page("Coupons", "/billing/coupons"),
            Page("Licences", "/billing/licences"),
            Page("Credit packs", "/billing/credit-packs"),
        ),
    ),
    (
        "Control",
        (
            Page("Ledger proof", "/control/ledger-proof", "b"),
            Page("Audit log", "/control/audit-log", "d"),
            Page("Operators", "/control/operators"),
            Page("API keys", "/control/api-keys", "k"),
            Page("Settings", "/control/settings"),
            Page("Jobs", "/control/jobs", "j"),
            Page("Webhooks", "/control/webhooks"),
            Page("Schema health", "/control/schema-health"),
        ),
    ),
)


def navigation(may_open: MayOpen) -> tuple[Area, ...]:
    """List the areas and links this person sees on this request; the area of the Overview has no title."""
    areas = (Area(title, _links(title, pages, may_open)) for title, pages in TREE)
    return tuple(area for area in areas if area.links)


def count_at(app: App, path: str, waiting: Waiting) -> None:
    """Let the link to this page say how much waits there; asked once a page, and only of who may open it."""
    _counters(app)[path] = waiting


def endpoint_at(path: str, method: str = "GET") -> str | None:
    """Find the endpoint that answers this path, or None where there is no such page yet."""
    return _endpoints(current_app).get((path, method))


def _links(area: str, pages: tuple[Page, ...], may_open: MayOpen) -> tuple[Link, ...]:
    found = ((page, endpoint_at(page.path)) for page in pages)
    return tuple(
        Link(page.title, url_for(endpoint), page.key, _is_current(page), area or "Pages", _waiting(page))
        for page, endpoint in found
        if endpoint and may_open(endpoint)
    )


def _is_current(page: Page) -> bool:
    path = request.path.rstrip("/") or "/"
    below = [f"{one}/" for one in (page.path, page.also) if one.strip("/")]
    return path == page.path or path.startswith(tuple(below))


def _waiting(page: Page) -> int | None:
    counter = _counters(current_app).get(page.path)
    return counter() if counter else None


def _counters(app: App) -> dict[str, Waiting]:
    found: dict[str, Waiting] = app.extensions.setdefault("waiting", {})
    return found


def _endpoints(app: Flask) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = app.extensions.setdefault("navigation", {})
    if not found:
        found.update(
            ((rule.rule.rstrip("/") or "/", method), rule.endpoint)
            for rule in app.url_map.iter_rules()
            if not rule.arguments
            for method in rule.methods or ()
        )
    return found
