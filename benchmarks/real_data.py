"""The trial on real traces: import, kill, repeat, and compare every row with a calculation by hand.

    python -m benchmarks.real_data ../shared/data

The folder holds customers.csv, litellm_model_prices.json and usage_*.csv.
"""

import subprocess
import sys
import time
from pathlib import Path

from benchmarks import plain, real_impact
from benchmarks.scratch import ROOT, Scratch, scratch

KILLED_AFTER_SECONDS = (2.6, 3.2, 4.0)
AMOUNTS = (
    "select users.email, request_id::text, vendor_cost, credit_value_usd, credits_due, credits_deducted "
    "from token_usage_ledger join users on users.id = user_id"
)
BOOKS = (
    "token_usage_ledger",
    "credit_deduction_ledger",
    "credit_source_draw",
    "user_credit_source",
    "user_credit_balance",
)


def main(folder: Path) -> int:
    """Run the trial and return 0 if everything is as it must be."""
    traces = sorted(folder.glob("usage_*.csv"))
    rows = [row for trace in traces for row in sorted(plain.rows_of(trace), key=_by_start)]
    with scratch() as place:
        place.flask("import-customers", str(folder / "customers.csv"))
        place.flask("import-prices", str(folder / "litellm_model_prices.json"), "--format", "litellm")
        for trace in traces:
            for seconds in KILLED_AFTER_SECONDS:
                print(f"killed after {seconds} s: {_import_and_kill(place, trace, seconds):,} rows in the books")
            print(place.flask("import-usage", str(trace)).stdout)
        failures = _compare(place, folder, rows) + _repeat(place, traces) + real_impact.compare(place, folder, rows)
        receipts = place.flask("receipts", "check", check=False)
        print(receipts.stdout.splitlines()[-1])
        checked = place.flask("check", check=False)
        print(checked.stdout.splitlines()[-1])
    for failure in failures:
        print("FAILED:", failure)
    return 1 if failures or receipts.returncode or checked.returncode else 0


def _by_start(row: plain.Row) -> tuple[str, str]:
    """Of requests that start at one instant the lower id is charged first."""
    return row["request_started_at"], row["request_id"]


def _import_and_kill(place: Scratch, trace: Path, seconds: float) -> int:
    command = [sys.executable, "-m", "flask", "import-usage", str(trace)]
    running = subprocess.Popen(
        command, cwd=ROOT, env=place.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(seconds)
    running.kill()
    running.wait()
    with place.owner() as connection:
        found = connection.execute("select count(*) from token_usage_ledger").fetchone()
    return int(found[0]) if found else 0


def _compare(place: Scratch, folder: Path, rows: list[plain.Row]) -> list[str]:
    """Compare what every request cost, was worth and was charged; what was deducted depends on the order of files."""
    prices = plain.prices_of_litellm(folder / "litellm_model_prices.json")
    by_hand = plain.expected(rows, plain.rows_of(folder / "customers.csv"), prices)
    with place.owner() as connection:
        booked = {(row[0], row[1]): row[2:] for row in connection.execute(AMOUNTS)}
    wrong = [
        key for key, row in by_hand.items() if booked.get(key) != (row.vendor_cost, row.value, row.due, row.deducted)
    ]
    print(f"{len(booked):,} rows in the books, {len(by_hand):,} by hand, {len(wrong):,} different")
    return [f"{key}: {booked.get(key)} instead of {by_hand[key]}" for key in wrong[:5]] + (
        [] if len(booked) == len(rows) else [f"{len(rows):,} requests in the files"]
    )


def _repeat(place: Scratch, traces: list[Path]) -> list[str]:
    before = _fingerprints(place)
    for trace in traces:
        print(place.flask("import-usage", str(trace)).stdout.splitlines()[0])
    return [] if _fingerprints(place) == before else ["a second import changed the books"]


def _fingerprints(place: Scratch) -> list[object]:
    sql = "select count(*), sum(hashtextextended(entry::text, 0)::numeric) from {} as entry"
    with place.owner() as connection:
        return [connection.execute(sql.format(table).encode()).fetchone() for table in BOOKS]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
