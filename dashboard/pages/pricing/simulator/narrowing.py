"""The part of the traffic that is compared: by provider, model and tier, which is what a rule can speak of.

Nothing else narrows it: balances are replayed with everything a customer did.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request

from dashboard.reports.choices import Choices
from dashboard.reports.filters import Filters
from dashboard.ui.links import url_without

MOST_VALUES = 50
LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Select:
    """One select of the filter form: its options, and the one in force where there is just one."""

    name: str
    label: str
    options: list[tuple[str, str]]
    value: str
    empty: str


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The filters, how they are shown, and what of the address is unknown."""

    filters: Filters
    selects: list[Select]
    chips: list[tuple[str, str]]
    replaced: list[str]
    problems: list[str]

    @property
    def is_narrowed(self) -> bool:
        """Whether only a part of the traffic is compared."""
        return bool(self.chips)


def narrowed(known: Choices) -> Narrowed:
    """Read the filters from the address; a value nobody knows is named and left aside."""
    titles = {"provider": known.providers, "model": known.models, "tier": known.tiers}
    problems: list[str] = []
    taken = {name: _taken(name, values, problems) for name, values in titles.items()}
    return Narrowed(
        Filters(providers=taken["provider"], models=taken["model"], tiers=taken["tier"]),
        [_select(name, values, taken[name]) for name, values in titles.items()],
        [
            (f"{name.capitalize()}: {titles[name][value]}", url_without(name, value))
            for name, values in taken.items()
            for value in values
        ],
        [name for name, values in taken.items() if len(values) <= 1],
        problems,
    )


def _taken(name: str, titles: Mapping[str, str], problems: list[str]) -> tuple[str, ...]:
    asked = list(dict.fromkeys(value for value in request.args.getlist(name) if value))[:MOST_VALUES]
    problems += [
        f"There is no {name} “{_short(value)}”; the page is shown without that filter."
        for value in asked
        if value not in titles
    ]
    return tuple(value for value in asked if value in titles)


def _select(name: str, titles: Mapping[str, str], taken: tuple[str, ...]) -> Select:
    value = taken[0] if len(taken) == 1 else ""
    offered = [(one, title) for one, title in titles.items() if one == value or one not in taken]
    empty = f"{len(taken)} chosen, add …" if len(taken) > 1 else "All"
    return Select(name, f"{name.capitalize()} of the traffic", offered, value, empty)


def _short(value: str) -> str:
    printable = "".join(one for one in value if one.isprintable())
    return printable if len(printable) <= LONGEST_SHOWN else f"{printable[:LONGEST_SHOWN]}…"
