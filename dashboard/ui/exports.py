"""Tables as files: CSV, streamed, and XLSX; the same rows and the same total as the screen."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from tempfile import SpooledTemporaryFile
from typing import Any, Literal

from flask import Response, send_file, stream_with_context
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from dashboard.ui.format import exact, rounded_to

Kind = Literal["text", "usd", "usd_exact", "count", "credits", "percent", "multiplier", "day", "instant"]
FileType = Literal["csv", "xlsx"]
Row = Sequence[object]

# A cell that starts like this is run as a formula by spreadsheets; an apostrophe makes it text.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MOST_ROWS = 1_048_576
IN_MEMORY_BYTES = 4_000_000
CSV_TYPE = "text/csv; charset=utf-8"
JSONL_TYPE = "application/x-ndjson; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

NUMBER_FORMATS: dict[Kind, str] = {
    "text": "@",
    "usd": "$#,##0.00;\N{MINUS SIGN}$#,##0.00",
    "usd_exact": "$#,##0.00000000;\N{MINUS SIGN}$#,##0.00000000",
    "count": "#,##0;\N{MINUS SIGN}#,##0",
    "credits": "#,##0;\N{MINUS SIGN}#,##0",
    "percent": '0.0"%";\N{MINUS SIGN}0.0"%"',
    "multiplier": "0.00##",
    "day": "yyyy-mm-dd",
    "instant": "yyyy-mm-dd hh:mm:ss",
}


class TooManyRowsError(ValueError):
    """A sheet ends at 1,048,576 rows; a file that silently ended there would be a wrong total."""


@dataclass(frozen=True)
class Column:
    """A column of a file: its heading (with the unit: `Vendor cost, USD`) and how it is formatted."""

    title: str
    kind: Kind = "text"


def exported(
    name: str, file_type: FileType, columns: Sequence[Column], rows: Iterable[Row], total: Row | None = None
) -> Response:
    """Offer a download called `name.csv` or `name.xlsx`; `total` is the last line, as on the screen."""
    return (csv_file if file_type == "csv" else xlsx_file)(name, columns, rows, total)


def csv_file(name: str, columns: Sequence[Column], rows: Iterable[Row], total: Row | None = None) -> Response:
    """CSV, sent while it is read: numbers plain and with every digit, unknown values empty."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "private, no-store"}
    lines = csv_lines(columns, rows, total)
    return Response(stream_with_context(lines), content_type=CSV_TYPE, headers=headers)


def json_lines(name: str, rows: Iterable[object]) -> Response:
    """JSON, one value a line, sent while it is read: for programs, not for spreadsheets."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.jsonl"', "Cache-Control": "private, no-store"}
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    return Response(stream_with_context(lines), content_type=JSONL_TYPE, headers=headers)


def xlsx_file(name: str, columns: Sequence[Column], rows: Iterable[Row], total: Row | None = None) -> Response:
    """XLSX with one sheet: numbers as numbers, heading row frozen, total in bold."""
    target = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - closed when it has been sent
    write_xlsx(target, columns, rows, total)
    target.seek(0)
    response = send_file(target, mimetype=XLSX_TYPE, as_attachment=True, download_name=f"{name}.xlsx")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def csv_lines(columns: Sequence[Column], rows: Iterable[Row], total: Row | None = None) -> Iterator[str]:
    """Write the file line by line: headings, rows, total."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    kinds = [column.kind for column in columns]
    for part, row in _lines(columns, rows, total):
        cells = row if part == "heading" else map(_finite, kinds, row)
        writer.writerow([csv_cell(value) for value in cells])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def csv_cell(value: object) -> str:
    """One cell: text that would run as a formula is neutralised, a number never is."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | Decimal):
        return exact(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return neutral(value.isoformat() if isinstance(value, date) else str(value))


def neutral(text: str) -> str:
    """Text a spreadsheet will not run."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write_xlsx(target: Any, columns: Sequence[Column], rows: Iterable[Row], total: Row | None = None) -> None:
    """Write the sheet row by row, without holding it in memory."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    with Workbook(target, options) as book:
        sheet = book.add_worksheet("Ledgerline")
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns) - 1, 18)
        formats = _formats(book, columns)
        for number, (part, row) in enumerate(_lines(columns, rows, total)):
            if number >= MOST_ROWS:
                message = f"A sheet holds {MOST_ROWS:,} rows and this table has more. Take the CSV instead."
                raise TooManyRowsError(message)
            _write_row(sheet, number, row, formats[part])


def _finite(kind: Kind, value: object) -> object:
    """Cut a ratio, which has no end, to six decimals; amounts keep every digit."""
    return rounded_to(value, 6) if kind == "percent" and isinstance(value, Decimal) else value


def _lines(columns: Sequence[Column], rows: Iterable[Row], total: Row | None) -> Iterator[tuple[str, Row]]:
    yield "heading", [column.title for column in columns]
    for row in rows:
        yield "body", row
    if total is not None:
        yield "total", total


def _formats(book: Workbook, columns: Sequence[Column]) -> dict[str, list[Any]]:
    looks: dict[str, list[dict[str, object]]] = {"heading": [], "body": [], "total": []}
    for column in columns:
        number: dict[str, object] = {"num_format": NUMBER_FORMATS[column.kind]}
        right = column.kind not in {"text", "day", "instant"}
        looks["heading"].append({"bold": True, "bottom": 1, "align": "right" if right else "left"})
        looks["body"].append(number)
        looks["total"].append({**number, "bold": True, "top": 1, "bottom": 6})
    return {part: [book.add_format(look) for look in row] for part, row in looks.items()}


def _write_row(sheet: Worksheet, number: int, row: Row, formats: Sequence[Any]) -> None:
    for column, (value, look) in enumerate(zip(row, formats, strict=True)):
        write, cell = _cell(sheet, value)
        write(number, column, cell, look)


def _cell(sheet: Worksheet, value: object) -> tuple[Callable[..., Any], Any]:
    if value is None:
        return sheet.write_blank, None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return sheet.write_number, value
    if isinstance(value, datetime):
        return sheet.write_datetime, value.astimezone(UTC)
    if isinstance(value, date):
        return sheet.write_datetime, value
    return sheet.write_string, _text(value)


def _text(value: object) -> str:
    return csv_cell(value) if isinstance(value, bool) else str(value)
