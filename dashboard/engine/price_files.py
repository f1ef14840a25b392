"""A price-list file somebody uploads: LiteLLM's JSON or our CSV, read whole."""

import csv
import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from io import StringIO
from itertools import islice

from dashboard.engine.errors import InvalidInputError
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

LARGEST_FILE_BYTES = 10_000_000
MOST_ROWS = 20_000
FORMS = {"litellm": "LiteLLM’s JSON, USD per token", "csv": "CSV, USD per 1,000 tokens"}


def read_price_file(body: bytes, form: str, now: datetime) -> PriceList:
    """Read a list in the form litellm or csv as of `now`; InvalidInputError if it is neither."""
    if form not in FORMS:
        raise InvalidInputError({"form": "Choose what the file is."})
    if not body.strip():
        raise _refused("is empty")
    if len(body) > LARGEST_FILE_BYTES:
        raise _refused("is larger than any price list")
    return _litellm(body) if form == "litellm" else _csv(body, now)


def _litellm(body: bytes) -> PriceList:
    try:
        entries = json.loads(body, parse_float=_number, parse_constant=_no_number, object_pairs_hook=_Object)
    except (ValueError, RecursionError) as error:
        raise _refused(f"is not JSON ({error})") from None
    if not isinstance(entries, _Object) or not any(isinstance(entry, dict) for entry in entries.values()):
        raise _refused("is not a LiteLLM price list, a JSON object of models")
    _refuse_too_many(len(entries.written))
    return read_litellm(entries.written)


def _csv(body: bytes, now: datetime) -> PriceList:
    try:
        rows = csv.DictReader(StringIO(body.decode("utf-8-sig")), strict=True)
        columns = [name.strip() for name in rows.fieldnames or ()]
        rows.fieldnames = columns
        _check(columns)
        some = list(islice(rows, MOST_ROWS + 1))
    except (UnicodeDecodeError, csv.Error):
        raise _refused("is not a CSV file in UTF-8") from None
    _refuse_too_many(len(some))
    read = [_price_or_refusal(f"line {number}", row, now) for number, row in enumerate(some, 2)]
    prices, collisions = without_collisions(line for line in read if isinstance(line, ListedPrice))
    refused = [line for line in read if isinstance(line, RefusedLine)]
    return PriceList(tuple(prices), (*refused, *collisions), {})


def _refuse_too_many(lines: int) -> None:
    if lines > MOST_ROWS:
        raise _refused(f"has more than {MOST_ROWS:,} lines")


def _check(columns: Sequence[str]) -> None:
    missing = [name for name in REQUIRED_COLUMNS if name not in columns]
    unknown = [name[:40] for name in columns if name not in {*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS}]
    if missing:
        raise _refused(f"has no column {', '.join(missing)}")
    if unknown or len(set(columns)) != len(columns):
        raise _refused(f"has columns nobody knows or twice: {', '.join(unknown[:5]) or 'one is named twice'}")


def _price_or_refusal(line: str, row: dict[str, str], now: datetime) -> ListedPrice | RefusedLine:
    if None in row or None in row.values():
        return RefusedLine(line, "bad_row", "has another number of fields than the first line")
    try:
        return read_price_row(line, row, now)
    except InvalidInputError as error:
        return RefusedLine(line, "bad_value", str(error))


class _Object(dict[str, object]):
    """A JSON object that still knows what was written twice in it."""

    def __init__(self, written: list[tuple[str, object]]) -> None:
        super().__init__(written)
        self.written = written


def _number(written: str) -> Decimal | str:
    """Read a number; one no Decimal can hold stays as written, and its line is refused."""
    try:
        return Decimal(written)
    except InvalidOperation:
        return written


def _no_number(name: str) -> Decimal:
    message = f"{name} is not a price"
    raise ValueError(message)


def _refused(why: str) -> InvalidInputError:
    return InvalidInputError({"file": f"This file {why}. Nothing was changed."})
