import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from dashboard.ui import exports
from dashboard.ui.exports import Column

D = Decimal

COLUMNS = [Column("Model"), Column("Day", "day"), Column("Requests", "count"), Column("Margin, USD", "usd")]
ROWS = [("gpt-5.2", date(2026, 11, 19), 1204, D("-911.200000000000000001")), ("=1+1", date(2026, 11, 18), 7, None)]
TOTAL = ("All", None, 1211, D("-911.200000000000000001"))


@pytest.fixture
def app() -> Flask:
    return Flask(__name__)


def test_finance_exports_every_digit_and_the_total_of_the_screen(app: Flask) -> None:
    with app.test_request_context():
        response = exports.exported("margins", "csv", COLUMNS, iter(ROWS), TOTAL)
        text = response.get_data(as_text=True)
    assert text.splitlines() == [
        'Model,Day,Requests,"Margin, USD"',
        "gpt-5.2,2026-11-19,1204,-911.200000000000000001",
        "'=1+1,2026-11-18,7,",
        "All,,1211,-911.200000000000000001",
    ]
    assert response.headers["Content-Disposition"] == 'attachment; filename="margins.csv"'
    assert response.content_type == "text/csv; charset=utf-8"


def test_a_csv_is_sent_while_it_is_read() -> None:
    seen: list[int] = []

    def rows() -> Iterator[list[int]]:
        for number in range(1000):
            seen.append(number)
            yield [number]

    lines = exports.csv_lines([Column("Row", "count")], rows())
    next(lines)
    next(lines)
    assert seen == [0]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_customer_cannot_name_themselves_a_formula(start: str) -> None:
    assert exports.csv_cell(f"{start}cmd()") == f"'{start}cmd()"


def test_a_negative_number_stays_a_number() -> None:
    assert exports.csv_cell(D("-1E-9")) == "-0.000000001"
    assert exports.csv_cell(datetime(2026, 11, 20, 8, tzinfo=UTC)) == "2026-11-20T08:00:00Z"


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_no_text_in_a_csv_can_start_a_formula_or_break_a_row(row: list[str]) -> None:
    columns = [Column(f"c{i}") for i in range(len(row))]
    text = "".join(exports.csv_lines(columns, [row]))
    rows = list(csv.reader(StringIO(text, newline="")))
    assert len(rows) == 2
    assert not any(cell.startswith(exports.FORMULA_STARTS) for cell in rows[1])


def test_finance_opens_the_xlsx_with_numbers_as_numbers() -> None:
    target = BytesIO()
    exports.write_xlsx(target, COLUMNS, iter(ROWS), TOTAL)
    sheet = load_workbook(target).active
    assert sheet is not None
    rows = [list(row) for row in sheet.iter_rows()]
    assert [cell.value for cell in rows[0]] == ["Model", "Day", "Requests", "Margin, USD"]
    assert rows[1][3].value == pytest.approx(-911.2)
    assert rows[1][3].number_format.startswith("$#,##0.00")
    assert rows[2][0].value == "=1+1"
    assert rows[2][0].data_type == "s"
    assert rows[2][3].value is None
    assert [cell.value for cell in rows[3]][:3] == ["All", None, 1211]
    assert rows[3][3].font.bold


def test_the_xlsx_comes_as_a_download(app: Flask) -> None:
    with app.test_request_context():
        response = exports.exported("margins", "xlsx", COLUMNS, ROWS, TOTAL)
        response.direct_passthrough = False
        assert response.get_data().startswith(b"PK")
        response.close()
    assert "margins.xlsx" in response.headers["Content-Disposition"]


def test_a_sheet_that_cannot_hold_all_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 2)
    with pytest.raises(exports.TooManyRowsError, match="Take the CSV"):
        exports.write_xlsx(BytesIO(), [Column("A")], [("a",), ("b",)])
