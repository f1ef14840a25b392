from pathlib import Path

import pytest
from flask import Flask

from tests.importers.files import CUSTOMERS, books, numbers, run


def customers_file(folder: Path, body: str) -> Path:
    path = folder / "customers.csv"
    path.write_text(body)
    return path


def test_customers_start_with_the_plan_price_and_credits_of_their_start(fresh_app: Flask, tmp_path: Path) -> None:
    said = run(fresh_app, "import-customers", customers_file(tmp_path, CUSTOMERS))
    assert "3 rows: 3 customers added, 0 known already" in said.output
    plans = numbers(
        fresh_app,
        "select users.email, tier, billing_cycle, base_price_usd::text, monthly_credit_allocation::int, reset_day_of_month::int, "
        "tier_at(users.id, started_at) from users join subscription_monetization on user_id = users.id order by 1",
    )
    assert plans == [
        ("ada@example.com", "pro", "monthly", "19.00", 20_000, 16, "pro"),
        ("bo@example.com", "free", "monthly", "0.00", 2_000, 31, "free"),
        ("cy@example.com", "enterprise_pro", "annual", "1990.00", 250_000, 5, "enterprise_pro"),
    ]
    assert numbers(fresh_app, "select count(*) from user_preferences") == [(3,)]
    assert numbers(fresh_app, "select count(*) from unique_key where kind = 'email'") == [(3,)]


def test_importing_customers_again_changes_nothing(fresh_app: Flask, tmp_path: Path) -> None:
    file = customers_file(tmp_path, CUSTOMERS)
    run(fresh_app, "import-customers", file)
    before = books(fresh_app)
    said = run(fresh_app, "import-customers", customers_file(tmp_path, CUSTOMERS.replace("ada@", "ADA@")))
    assert "0 customers added, 3 known already" in said.output
    assert books(fresh_app) == before


def test_a_known_email_with_other_data_is_rejected_and_nothing_of_it_changed(fresh_app: Flask, tmp_path: Path) -> None:
    run(fresh_app, "import-customers", customers_file(tmp_path, CUSTOMERS))
    before = books(fresh_app)
    file = customers_file(tmp_path, CUSTOMERS.replace("Ada Byron,pro,", "Ada Lovelace,pro_max,"))
    said = run(fresh_app, "import-customers", file)
    assert "1 rows rejected (1 other data)" in said.output
    reasons = file.with_name("customers.csv.rejects.csv").read_text()
    assert "name “Ada Lovelace” instead of “Ada Byron”; tier “pro_max” instead of “pro”" in reasons
    assert books(fresh_app) == before


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("ada,Ada,pro,monthly,2026-06-26,16", "email: is “ada”, must be an e-mail address"),
        ("ada@example.com,,pro,monthly,2026-06-26,16", "name: is missing"),
        ("ada@example.com,Ada,gold,monthly,2026-06-26,16", "tier: is “gold”, must be one of"),
        ("ada@example.com,Ada,perpetual,monthly,2026-06-26,16", "tier: is “perpetual”, must be one of"),
        ("ada@example.com,Ada,pro,weekly,2026-06-26,16", "billing_interval: is “weekly”"),
        ("ada@example.com,Ada,pro,monthly,26.6.2026,16", "started_at: is “26.6.2026”"),
        ("ada@example.com,Ada,pro,monthly,1999-06-26,16", "must lie between 2000 and 2100"),
        ("ada@example.com,Ada,pro,monthly,2026-06-26,32", "reset_day_of_month: is “32”"),
        ("ada@example.com,Ada,pro,monthly,2026-06-26,0", "reset_day_of_month: is 0, must be at least 1"),
    ],
)
def test_a_customer_that_cannot_be_taken_is_rejected_with_the_reason(
    app: Flask, tmp_path: Path, line: str, reason: str
) -> None:
    file = customers_file(tmp_path, f"{CUSTOMERS.splitlines()[0]}\n{line}\n")
    assert "1 rows rejected (1 bad value)" in run(app, "import-customers", file).output
    assert reason in file.with_name("customers.csv.rejects.csv").read_text()
    assert numbers(app, "select count(*) from users") == [(0,)]


def test_enterprise_in_documents_means_enterprise_pro(fresh_app: Flask, tmp_path: Path) -> None:
    run(fresh_app, "import-customers", customers_file(tmp_path, CUSTOMERS.replace("enterprise_pro", "enterprise")))
    assert ("enterprise_pro",) in numbers(fresh_app, "select tier from subscription_monetization")
