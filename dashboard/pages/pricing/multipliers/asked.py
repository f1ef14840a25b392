"""What the pages of multipliers are asked, read from their addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import request
from sqlalchemy import Connection

from dashboard.reports.filters import Filters
from dashboard.reports.pricing.coverage import KnownModel, KnownTier, Named, named
from dashboard.reports.pricing.multipliers import WINDOWS
from dashboard.ui.links import Sort, url_with

SCOPES = {
    "combination": "Combination",
    "model": "Model",
    "provider": "Provider",
    "tier": "Tier",
    "default": "Default",
    "uncharged": "Not charged",
}
LABELS = {"tier": "Tier", "provider": "Provider", "model": "Model", "scope": "Kind of rule"}
SORTS = ("scope", "multiplier", "target", "m7", "m30", "m90", "difference", "requests", "since", "next")
DEFAULT_WINDOW = 30
LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Select:
    """One select of a filter form."""

    name: str
    label: str
    options: list[tuple[str, str]]
    value: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Which requests and rules are shown, over how many days, in which order."""

    filters: Filters
    scope: str
    window: int
    sort: Sort
    names: Named
    selects: list[Select]
    chips: list[tuple[str, str]]
    problems: list[str]

    @property
    def segments(self) -> list[tuple[str, str, bool]]:
        """Title, address and whether it is the one shown, for each window."""
        return [(f"{days} days", url_with(days=days), days == self.window) for days in WINDOWS]


def asked(connection: Connection, now: datetime) -> Asked:
    """Read the address; what it says wrongly is named and left aside."""
    names = named(connection, now)
    known = choices(names.tiers, names.models)
    problems: list[str] = []
    taken = {name: _taken(name, titles, problems) for name, titles in known.items()}
    days = request.args.get("days", "")
    return Asked(
        filters=Filters(
            providers=(taken["provider"],) if taken["provider"] else (),
            models=(taken["model"],) if taken["model"] else (),
            tiers=(taken["tier"],) if taken["tier"] else (),
        ),
        scope=taken["scope"],
        window=int(days) if days in {str(one) for one in WINDOWS} else DEFAULT_WINDOW,
        sort=Sort.parse(request.args.get("sort"), SORTS, "scope"),
        names=names,
        selects=[Select(name, LABELS[name], list(titles.items()), taken[name]) for name, titles in known.items()],
        chips=[
            (f"{LABELS[name]}: {known[name][value]}", url_with(**{name: None}))
            for name, value in taken.items()
            if value
        ],
        problems=problems,
    )


def choices(tiers: list[KnownTier], models: list[KnownModel]) -> dict[str, Mapping[str, str]]:
    """Value → title of everything that can be chosen; a model is chosen by its name alone."""
    return {
        "tier": {tier.name: tier.title for tier in tiers},
        "provider": {model.provider: model.provider_title for model in models},
        "model": {model.model: model.model for model in sorted(models, key=lambda model: model.model)},
        "scope": SCOPES,
    }


def _taken(name: str, titles: Mapping[str, str], problems: list[str]) -> str:
    value = request.args.get(name, "")
    if value in titles or not value:
        return value
    shown = "".join(one for one in value if one.isprintable())[:LONGEST_SHOWN]
    problems.append(f"There is no {LABELS[name].lower()} “{shown}”; the page is shown without that filter.")
    return ""
