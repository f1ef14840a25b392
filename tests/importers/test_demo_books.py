"""Importing into the demo's books is possible, and said before the first row."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from dashboard.db import db

HEADER = "email,name,tier,billing_interval,started_at,reset_day_of_month\n"


@pytest.fixture
def customers(tmp_path: Path) -> str:
    file = tmp_path / "customers.csv"
    file.write_text(f"{HEADER}ada@example.com,Ada,pro,monthly,2026-06-01,1\n")
    return str(file)


def test_whoever_imports_into_the_demo_is_told_first(fresh_app: Flask, customers: str) -> None:
    with fresh_app.app_context(), db.engine.begin() as connection:
        connection.execute(text("insert into setting (key, value) values ('demo', 'true')"))
    result = fresh_app.test_cli_runner().invoke(args=["import-customers", customers])
    assert "These are the books of the demo" in result.stderr
    assert "1 customers added" in result.stdout


def test_nobody_is_told_so_with_books_of_their_own(fresh_app: Flask, customers: str) -> None:
    result = fresh_app.test_cli_runner().invoke(args=["import-customers", customers])
    assert "demo" not in result.stderr
