"""Every imported request equals an independent calculation in plain Decimal."""

from decimal import Decimal
from pathlib import Path

from flask import Flask

from benchmarks import plain, trace
from tests.importers.files import numbers, run

LEDGER = (
    "select users.email, request_id::text, vendor_cost, credit_value_usd, credits_due, credits_deducted "
    "from token_usage_ledger join users on users.id = user_id"
)


def test_a_trace_of_a_thousand_requests_is_rated_as_by_hand(fresh_app: Flask, tmp_path: Path) -> None:
    customers, prices, usage = trace.write(tmp_path, requests=1_200, customers=12)
    _let_the_heaviest_run_out(customers)
    run(fresh_app, "import-customers", customers)
    run(fresh_app, "import-prices", "--format", "csv", prices)
    assert "1,200 recorded" in run(fresh_app, "import-usage", usage).output
    by_hand = plain.expected(plain.rows_of(usage), plain.rows_of(customers), plain.prices_of_csv(prices))
    assert {(row[0], row[1]): row[2:] for row in numbers(fresh_app, LEDGER)} == {
        key: (row.vendor_cost, row.value, row.due, row.deducted) for key, row in by_hand.items()
    }
    assert sum(row.due - row.deducted for row in by_hand.values()) > Decimal(0)


def _let_the_heaviest_run_out(customers: Path) -> None:
    header, heaviest, *others = customers.read_text().splitlines()
    email, name, _tier, *rest = heaviest.split(",")
    customers.write_text("\n".join([header, ",".join([email, name, "free", *rest]), *others]))
