"""What the lists were asked, read from their address; and a page of what was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request

from dashboard.ui.format import plural
from dashboard.ui.links import Sort, url_with, url_without

PER_PAGE = 50
LONGEST_SEARCH = 100
STANDINGS = {
    "unpriced": "Usage or models without a price",
    "stale": "Not verified lately",
    "changed": "Differences to decide",
}
SHOWN = {
    "waiting": "To decide",
    "unused": "First prices of models nobody used",
    "blocked": "Blocked",
    "decided": "Decided",
    "same": "Unchanged",
}

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Asked:
    """One provider or all, words to look for, what to show, the order, and which page."""

    provider: str
    search: str
    show: str
    sort: Sort
    page: int
    chips: list[tuple[str, str]]

    def finds(self, provider: str, model: str) -> bool:
        """Whether a model is asked for."""
        return self.provider in {"", provider} and self.search.lower() in model.lower()


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of one page, and the way to the others."""

    rows: Sequence[Row]
    shown: str
    newer: str | None
    older: str | None


def asked(shows: dict[str, str], default: str, sorts: tuple[str, ...], order: str) -> Asked:
    """Read the address; what it says wrongly is left aside."""
    args = request.args
    provider, search = args.get("provider", "").strip(), args.get("q", "").strip()[:LONGEST_SEARCH]
    show = args.get("show", default)
    page = args.get("page", "1")
    chips = [(f"Provider: {provider}", url_without("provider", provider))] if provider else []
    if search:
        chips.append((f"Model: {search}", url_without("q", args.get("q", ""))))
    return Asked(
        provider,
        search,
        show if show in shows else default,
        Sort.parse(args.get("sort"), sorts, order),
        int(page) if page.isascii() and page.isdigit() and int(page[:6]) > 0 else 1,
        chips,
    )


def page_of(rows: Sequence[Row], question: Asked, word: str) -> Page[Row]:
    """Cut one page; beyond the last one it is the last."""
    pages = max(1, -(-len(rows) // PER_PAGE))
    number = min(question.page, pages)
    first = (number - 1) * PER_PAGE
    cut = rows[first : first + PER_PAGE]
    words = (
        plural(len(rows), word) if pages == 1 else f"{first + 1:,} to {first + len(cut):,} of {plural(len(rows), word)}"
    )
    return Page(
        cut,
        words,
        url_with(page=number - 1) if number > 1 else None,
        url_with(page=number + 1) if number < pages else None,
    )
