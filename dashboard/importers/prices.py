"""A price list of vendors becomes dated prices."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from dashboard.actions.begin_import import begin_import
from dashboard.actions.end_import import Counts, end_import
from dashboard.actions.propose_prices import Proposed, Source, propose_prices
from dashboard.actions.set_vendor_prices import set_vendor_prices
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.price_changes import Differences
from dashboard.engine.price_lists import (
    OPTIONAL_COLUMNS,
    REQUIRED_COLUMNS,
    ListedPrice,
    PriceList,
    RefusedLine,
    read_litellm,
    read_price_row,
    without_collisions,
)
from dashboard.importers.rows import FileRefusedError, Row, read_rows

LARGEST_LIST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What a list says, and what it changed."""

    said: PriceList
    changed: Differences


def import_prices(path: Path, form: str, *, actor: Actor, now: datetime) -> Imported:
    """Import a list in the form litellm or csv; raise FileRefusedError, with nothing changed, if it is neither."""
    said = _read(path, form)
    run_id = begin_import("prices", path.name, now)
    changed = set_vendor_prices(said.prices, source=path.name, actor=actor, now=now)
    changed = replace(changed, refused=(*said.refused, *changed.refused))
    lines = len(said.prices) + len(said.refused)
    detail = {"skipped": dict(said.skipped)}
    end_import(run_id, now, Counts(lines, len(changed.added), len(changed.unchanged), len(changed.refused), detail))
    return Imported(said, changed)


def file_prices(path: Path, form: str, *, actor: Actor, now: datetime) -> tuple[PriceList, Proposed]:
    """File the differences for a person to decide instead of applying them; raise FileRefusedError like an import."""
    said = _read(path, form)
    origin = "LiteLLM" if form == "litellm" else path.name
    return said, propose_prices(actor, Source(form, origin, path.name), said, now)


def _read(path: Path, form: str) -> PriceList:
    return _read_litellm(path) if form == "litellm" else _read_csv(path)


def _read_litellm(path: Path) -> PriceList:
    try:
        if path.stat().st_size > LARGEST_LIST_BYTES:
            raise FileRefusedError(f"{path} is larger than any price list; nothing was changed.")
        entries = json.loads(path.read_bytes(), parse_float=Decimal, parse_constant=_no_number)
    except OSError as error:
        raise FileRefusedError(f"{path} cannot be read ({error.strerror}); nothing was changed.") from error
    except (ValueError, RecursionError) as error:
        raise FileRefusedError(f"{path} is not JSON ({error}); nothing was changed.") from error
    if not isinstance(entries, dict) or not any(isinstance(entry, dict) for entry in entries.values()):
        raise FileRefusedError(f"{path} is not a LiteLLM price list, a JSON object of models; nothing was changed.")
    return read_litellm(entries)


def _no_number(name: str) -> Decimal:
    message = f"{name} is not a price"
    raise ValueError(message)


def _read_csv(path: Path) -> PriceList:
    read = [_price_or_refusal(row) for row in read_rows(path, REQUIRED_COLUMNS, OPTIONAL_COLUMNS)]
    prices, collisions = without_collisions(line for line in read if isinstance(line, ListedPrice))
    refused = [line for line in read if isinstance(line, RefusedLine)]
    return PriceList(tuple(prices), (*refused, *collisions), {})


def _price_or_refusal(row: Row) -> ListedPrice | RefusedLine:
    line = f"line {row.line}"
    if row.code is not None:
        return RefusedLine(line, row.code, row.reason)
    try:
        return read_price_row(line, row.fields)
    except InvalidInputError as error:
        return RefusedLine(line, "bad_value", str(error))
