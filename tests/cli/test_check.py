"""`flask check`: a line per law, and an exit code a script can trust."""

from flask import Flask
from sqlalchemy import Connection, text

from dashboard.reports.checks import LAWS


def test_books_that_hold_end_with_zero_and_are_kept_as_proof(app: Flask, owner: Connection) -> None:
    result = app.test_cli_runner().invoke(args=["check"])
    assert result.exit_code == 0, result.output
    lines = [line for line in result.output.splitlines() if line.startswith("✓")]
    assert [line.split()[1] for line in lines] == [law.name for law in LAWS]
    assert f"All {len(LAWS)} laws hold" in result.output
    kept = owner.execute(text("select trigger, count(*) from proof_run join proof_result on run_id = id group by 1"))
    assert kept.all() == [("cli", len(LAWS))]


def test_a_broken_law_is_listed_and_ends_with_one(app: Flask, owner: Connection) -> None:
    owner.execute(
        text("insert into users (id, email, name, registered_at) values (gen_random_uuid(), 'a', 'A', now())")
    )
    owner.execute(text("insert into user_credit_balance (user_id, amount) select id, 5 from users"))
    result = app.test_cli_runner().invoke(args=["check"])
    assert result.exit_code == 1
    assert "✗ balances_equal_ledger_head" in result.output
    assert "balance 5.000000 at entry 0; the ledger ends with 0" in result.output
    assert f"1 of {len(LAWS)} laws are broken; nothing was changed" in result.output
