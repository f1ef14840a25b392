"""A price list of vendors becomes dated prices."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from dashboard.actions.begin_import import begin_import
from dashboard.actions.end_import import Counts, end_import
from dashboard.actions.propose_prices import Proposed, Source, propose_prices
from dashboard.actions.set_vendor_prices import set_vendor_prices
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.price_changes import Differences
from dashboard.engine.price_files import LARGEST_FILE_BYTES, MOST_ROWS, read_price_file
from dashboard.engine.price_lists import (
    OPTIONAL_COLUMNS,
    REQUIRED_COLUMNS,
    ListedPrice,
    PriceList,
    RefusedLine,
    read_price_row,
    without_collisions,
)
from dashboard.importers.rows import FileRefusedError, Row, read_rows


@dataclass(frozen=True, slots=True)
class Imported:
    """What a list says, and what it changed."""

    said: PriceList
    changed: Differences


def import_prices(path: Path, form: str, *, actor: Actor, now: datetime) -> Imported:
    """Import a list in the form litellm or csv; raise FileRefusedError, with nothing changed, if it is neither."""
    said = _read(path, form, now)
    run_id = begin_import("prices", path.name, now)
    changed = set_vendor_prices(said.prices, source=path.name, actor=actor, now=now)
    changed = replace(changed, refused=(*said.refused, *changed.refused))
    lines = len(said.prices) + len(said.refused)
    detail = {"skipped": dict(said.skipped)}
    end_import(run_id, now, Counts(lines, len(changed.added), len(changed.unchanged), len(changed.refused), detail))
    return Imported(said, changed)


def file_prices(path: Path, form: str, *, actor: Actor, now: datetime) -> tuple[PriceList, Proposed]:
    """File the differences for a person to decide instead of applying them; raise FileRefusedError like an import."""
    said = _read(path, form, now)
    origin = "LiteLLM" if form == "litellm" else path.name
    return said, propose_prices(actor, Source(form, origin, path.name), said, now)


def _read(path: Path, form: str, now: datetime) -> PriceList:
    """Read it with the bounds a list has on the pages: what they refuse the shell refuses."""
    return _read_litellm(path, now) if form == "litellm" else _read_csv(path, now)


def _read_litellm(path: Path, now: datetime) -> PriceList:
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST_FILE_BYTES + 1)
        return read_price_file(body, "litellm", now)
    except OSError as error:
        raise FileRefusedError(f"{path} cannot be read ({error.strerror}); nothing was changed.") from error
    except InvalidInputError as error:
        raise FileRefusedError(f"{path}: {error.errors['file']}") from error


def _read_csv(path: Path, now: datetime) -> PriceList:
    rows = list(islice(read_rows(path, REQUIRED_COLUMNS, OPTIONAL_COLUMNS), MOST_ROWS + 1))
    if len(rows) > MOST_ROWS:
        raise FileRefusedError(f"{path} has more than {MOST_ROWS:,} lines; nothing was changed.")
    read = [_price_or_refusal(row, now) for row in rows]
    prices, collisions = without_collisions(line for line in read if isinstance(line, ListedPrice))
    refused = [line for line in read if isinstance(line, RefusedLine)]
    return PriceList(tuple(prices), (*refused, *collisions), {})


def _price_or_refusal(row: Row, now: datetime) -> ListedPrice | RefusedLine:
    line = f"line {row.line}"
    if row.code is not None:
        return RefusedLine(line, row.code, row.reason)
    try:
        return read_price_row(line, row.fields, now)
    except InvalidInputError as error:
        return RefusedLine(line, "bad_value", str(error))
