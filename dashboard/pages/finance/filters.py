"""The filters of every finance page, read from its address; the address is the only place they are kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import request

from dashboard.reports.choices import Choices
from dashboard.reports.filters import Filters
from dashboard.ui.links import url_without

REQUEST_TYPES = {"completion": "Completion", "streaming": "Streaming", "batch": "Batch"}
KEY_MODES = {"system": "Ours", "own": "Customer’s own"}
STATUSES = {"success": "Success", "failed": "Failed", "cancelled": "Cancelled", "rate_limited": "Rate limited"}
LABELS = {
    "provider": "Provider",
    "model": "Model",
    "tier": "Tier",
    "request_type": "Type",
    "key_mode": "Key",
    "status": "Status",
    "customer": "Customer",
}
MOST_VALUES = 50
LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Select:
    """One select of the filter form: `name`, `label`, (value, text) options, the value in force, the empty option."""

    name: str
    label: str
    options: list[tuple[str, str]]
    value: str
    empty: str


def read_filters(choices: Choices) -> tuple[Filters, list[str]]:
    """Return the filters asked for, and a sentence about each value that is unknown and therefore ignored."""
    errors: list[str] = []
    known = {name: tuple(_known(name, titles, errors)) for name, titles in _titles(choices).items()}
    filters = Filters(
        providers=known["provider"],
        models=known["model"],
        tiers=known["tier"],
        request_types=known["request_type"],
        key_modes=known["key_mode"],
        statuses=known["status"],
        customers=tuple(_customers(errors)),
    )
    return filters, errors


def chip_items(filters: Filters, choices: Choices, customers: Mapping[UUID, str]) -> list[tuple[str, str]]:
    """Name what is in force as (text, address without it), for the chips macro; `customers` names them."""
    titles = {**_titles(choices), "customer": {str(one): name for one, name in customers.items()}}
    return [
        (f"{LABELS[name]}: {titles[name].get(value, value)}", url_without(name, value))
        for name, values in _in_force(filters).items()
        for value in values
    ]


def selects(filters: Filters, choices: Choices) -> list[Select]:
    """Build the selects of the filter form; one that holds several values adds another to them."""
    in_force = _in_force(filters)
    return [_select(name, titles, in_force[name]) for name, titles in _titles(choices).items()]


def replaced(filters: Filters) -> list[str]:
    """Name the dimensions the form's selects replace, for `kept_query`; the others are carried along."""
    return [name for name, values in _in_force(filters).items() if name != "customer" and len(values) < 2]  # noqa: PLR2004 - one select, one value


def _titles(choices: Choices) -> dict[str, Mapping[str, str]]:
    return {
        "provider": choices.providers,
        "model": choices.models,
        "tier": choices.tiers,
        "request_type": REQUEST_TYPES,
        "key_mode": KEY_MODES,
        "status": STATUSES,
    }


def _in_force(filters: Filters) -> dict[str, tuple[str, ...]]:
    return {
        "provider": filters.providers,
        "model": filters.models,
        "tier": filters.tiers,
        "request_type": filters.request_types,
        "key_mode": filters.key_modes,
        "status": filters.statuses,
        "customer": tuple(str(customer) for customer in filters.customers),
    }


def _known(name: str, titles: Mapping[str, str], errors: list[str]) -> Iterable[str]:
    for value in _asked(name, errors):
        if value in titles:
            yield value
        else:
            errors.append(
                f"There is no {LABELS[name].lower()} “{_short(value)}”; the page is shown without that filter."
            )


def _customers(errors: list[str]) -> Iterable[UUID]:
    for value in _asked("customer", errors):
        try:
            yield UUID(value)
        except ValueError:
            errors.append(f"“{_short(value)}” is not a customer’s id; the page is shown without that filter.")


def _asked(name: str, errors: list[str]) -> list[str]:
    values = list(dict.fromkeys(value for value in request.args.getlist(name) if value))
    if len(values) > MOST_VALUES:
        errors.append(f"Only the first {MOST_VALUES} values of {LABELS[name].lower()} are used.")
    return values[:MOST_VALUES]


def _short(value: str) -> str:
    printable = "".join(one for one in value if one.isprintable())
    return printable if len(printable) <= LONGEST_SHOWN else f"{printable[:LONGEST_SHOWN]}…"


def _select(name: str, titles: Mapping[str, str], in_force: tuple[str, ...]) -> Select:
    value = in_force[0] if len(in_force) == 1 else ""
    offered = [(one, title) for one, title in titles.items() if one == value or one not in in_force]
    return Select(name, LABELS[name], offered, value, f"{len(in_force)} chosen, add …" if len(in_force) > 1 else "All")
