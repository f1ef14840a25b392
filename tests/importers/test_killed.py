"""An import that is killed and repeated gives what an undisturbed one gives."""

import os
import subprocess
import sys
import time
from pathlib import Path

from flask import Flask

from benchmarks import plain, trace
from dashboard.embedded import Urls
from tests.conftest import SECRET
from tests.importers.files import numbers, run

ROOT = Path(__file__).resolve().parents[2]
REQUESTS = 12_000
PATIENCE_SECONDS = 60
AMOUNTS = (
    "select users.email, request_id::text, vendor_cost, credit_value_usd, credits_due, credits_deducted "
    "from token_usage_ledger join users on users.id = user_id"
)


def test_an_import_killed_in_the_middle_and_repeated_gives_the_same(
    fresh_app: Flask, fresh_database: Urls, tmp_path: Path
) -> None:
    customers, prices, usage = trace.write(tmp_path, REQUESTS)
    run(fresh_app, "import-customers", customers)
    run(fresh_app, "import-prices", "--format", "csv", prices)
    landed = _import_and_kill(fresh_app, fresh_database, usage)
    assert 0 < landed < REQUESTS
    assert run(fresh_app, "check").exit_code == 0

    said = run(fresh_app, "import-usage", usage)
    assert f"{REQUESTS - landed:,} recorded, {landed:,} known already" in said.output
    by_hand = plain.expected(plain.rows_of(usage), plain.rows_of(customers), plain.prices_of_csv(prices))
    assert {(row[0], row[1]): row[2:] for row in numbers(fresh_app, AMOUNTS)} == {
        key: (row.vendor_cost, row.value, row.due, row.deducted) for key, row in by_hand.items()
    }
    assert run(fresh_app, "check").exit_code == 0


def _import_and_kill(app: Flask, database: Urls, usage: Path) -> int:
    """Kill the import as soon as it has something in the books, and return how many requests are there then."""
    environment = {
        **os.environ,
        "FLASK_APP": "wsgi",
        "DATABASE_URL": database.owner,
        "APP_DATABASE_URL": database.app,
        "DATA_DIR": str(usage.parent),
        "SECRET_KEY": SECRET,
    }
    command = [sys.executable, "-m", "flask", "import-usage", str(usage)]
    running = subprocess.Popen(command, cwd=ROOT, env=environment)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _landed(app) and time.monotonic() < deadline:
        time.sleep(0.02)
    running.kill()
    running.wait()
    _wait_for_the_last_transaction(app)
    return _landed(app)


def _landed(app: Flask) -> int:
    ((found,),) = numbers(app, "select count(*)::int from token_usage_ledger")
    assert isinstance(found, int)
    return found


def _wait_for_the_last_transaction(app: Flask) -> None:
    """What the killed process had sent may still be committed; nobody can know but by waiting."""
    running = "select count(*)::int from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while numbers(app, running) != [(0,)] and time.monotonic() < deadline:
        time.sleep(0.02)
