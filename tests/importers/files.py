"""Small files to import, and a command line to import them with."""

from collections.abc import Sequence
from pathlib import Path

from click.testing import Result
from flask import Flask
from sqlalchemy import text

from dashboard.db import db

USAGE_HEADER = (
    "request_id,customer_email,provider,model,service,request_type,status,input_tokens,cached_input_tokens,"
    "output_tokens,request_started_at,request_completed_at"
)
CUSTOMERS = """\
email,name,tier,billing_interval,started_at,reset_day_of_month
ada@example.com,Ada Byron,pro,monthly,2026-06-26,16
bo@example.com,Bo Lind,free,monthly,2026-06-01,31
cy@example.com,Cy Weiss,enterprise_pro,annual,2026-07-05,5
"""
PRICES = """\
provider,model,input_price_per_1k,output_price_per_1k,cache_hit_price_per_1k
openai,gpt-4o,0.005,0.015,0.0025
anthropic,claude-sonnet-4-5,0.003,0.015,0.0003
"""


def usage_line(number: int, **changes: str) -> str:
    """Return one good request of Ada's, with changes."""
    fields = {
        "request_id": f"00000000-0000-4000-8000-{number:012d}",
        "customer_email": "ada@example.com",
        "provider": "openai",
        "model": "gpt-4o",
        "service": "chat",
        "request_type": "completion",
        "status": "success",
        "input_tokens": "1000",
        "cached_input_tokens": "0",
        "output_tokens": "2000",
        "request_started_at": f"2026-09-01T00:{number % 60:02d}:00Z",
        "request_completed_at": f"2026-09-01T00:{number % 60:02d}:02Z",
    }
    return ",".join({**fields, **changes}.values())


def usage_file(folder: Path, lines: Sequence[str], name: str = "usage.csv") -> Path:
    """Write requests under the right header."""
    path = folder / name
    path.write_text("\n".join([USAGE_HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def run(app: Flask, *words: object) -> Result:
    """Run a `flask` command."""
    return app.test_cli_runner().invoke(args=[str(word) for word in words])


def open_books(app: Flask, folder: Path) -> None:
    """Bring in three customers and two prices."""
    (folder / "customers.csv").write_text(CUSTOMERS)
    (folder / "prices.csv").write_text(PRICES)
    assert run(app, "import-customers", folder / "customers.csv").exit_code == 0
    assert run(app, "import-prices", folder / "prices.csv", "--format", "csv").exit_code == 0


def numbers(app: Flask, sql: str) -> list[tuple[object, ...]]:
    """Return the rows of a question about the books."""
    with app.app_context(), db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def books(app: Flask) -> dict[str, object]:
    """Count and fingerprint every table that an import may write to, its own run aside."""
    tables = (
        "users",
        "unique_key",
        "subscription_monetization",
        "subscription_tier_change",
        "user_credit_balance",
        "user_credit_source",
        "credit_allocation",
        "credit_deduction_ledger",
        "credit_source_draw",
        "token_usage_ledger",
        "usage_delta",
        "usage_daily_summary",
        "usage_hourly_summary",
        "usage_customer_daily_summary",
        "usage_reject",
        "model_provider_pricing",
        "audit_log",
    )
    sql = "select count(*), md5(coalesce(string_agg(entry::text, '|' order by entry::text), '')) from {} as entry"
    return {table: numbers(app, sql.format(table))[0] for table in tables}
