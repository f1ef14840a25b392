"""What is owed in unused credits: worked out by hand for a small book, and tied to the books of a shop."""

import csv
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any
from uuid import uuid5

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import text

from dashboard import db
from dashboard.actions.rebuild_usage import rebuild_usage
from dashboard.embedded import Urls
from dashboard.engine.periods import Period
from dashboard.reports.liability import Liability, liability
from dashboard.store.charging import fold_movements
from tests.books import ADA, START, Story, day, plain_text
from tests.cast import AUD, FIONA, SAM, signed_in
from tests.conftest import copied, owned, serving
from tests.shop import open_shop

PAGE = "/finance/liability"
# A shop posts when it is opened, whenever its requests were: today.
DAYS = "from=2026-09-01&to=2035-12-31"
STORY = """
    day 0: grant A 100 for $10 paid until 10
    day 1: grant B 50 for $0 promotional
    day 1: use 30
    day 3: grant C 40 for $4 allowance until 28
    day 4: reverse 3
    day 5: use 20
    day 14: expire
    day 20: reverse 6
    day 25: claw back B
"""
# Ten credits of C with their share of its price move into a new grant: a pair that sums to nothing.
ROLL_OVER = (
    """
    insert into user_credit_source (
        user_id, id, source, category, granted, remaining, paid_usd, effective_at, expires_at, priority, origin, created_at
    )
    select user_id, :new, 'rollover', category, 10, 10, 1, :at, :until, priority, 'Rolled over', :at
    from user_credit_source where user_id = :user and id = :old
    """,
    """
    insert into credit_deduction_ledger (
        user_id, seq, amount, balance_before, balance_after, reason, realised_revenue_usd, created_at, prev_created_at
    )
    select user_id, last_seq + 1, -10, amount, amount - 10, 'rollover', 1, :at, last_created_at
    from user_credit_balance where user_id = :user
    """,
    """
    insert into credit_deduction_ledger (
        user_id, seq, amount, balance_before, balance_after, reason, realised_revenue_usd, created_at, prev_created_at
    )
    select user_id, last_seq + 2, 10, amount - 10, amount, 'rollover', 0, :at, :at
    from user_credit_balance where user_id = :user
    """,
    """
    insert into credit_source_draw (user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position)
    select user_id, last_seq + 1, cast(:old as uuid), -10, 30, 1, 1 from user_credit_balance where user_id = :user
    union all
    select user_id, last_seq + 2, cast(:new as uuid), 10, 10, 0, 1 from user_credit_balance where user_id = :user
    """,
    "update user_credit_balance set last_seq = last_seq + 2, last_created_at = :at where user_id = :user",
    "update user_credit_source set remaining = 30 where user_id = :user and id = :old",
)


@pytest.fixture(scope="module")
def story(app: Flask) -> Story:
    """Ada's month: two grants used, one given back twice, one expired, one clawed back, one rolled over."""
    told = Story(app).play(STORY)
    assert told.refusals == []
    user = ADA.user_id
    named = {"user": user, "old": uuid5(user, "C"), "new": uuid5(user, "D"), "at": day(28), "until": day(60)}
    with app.app_context(), db.transaction() as session:
        for statement in ROLL_OVER:
            session.execute(text(statement), named)
    return told


def rolled(app: Flask, first: int, last: int) -> Liability:
    """Roll the days of the story forward, both included."""
    start = START.date()
    with app.app_context(), db.snapshot() as connection:
        return liability(connection, Period(start + timedelta(first), start + timedelta(last + 1)), "day")


def written(found: Liability) -> str:
    """The roll-forward as text: paid, promotional and allowance credits, and what is deferred of all."""
    lines = [found.whole.opening, *found.whole.lines, found.whole.closing]
    return "\n".join(
        f"{line.key}: {', '.join(f'{one.credits.normalize():f}' for one in line.by_category.values())}"
        f" (${line.together.deferred_usd.normalize():f})"
        for line in lines
    )


def test_a_month_worked_out_by_hand(app: Flask, story: Story) -> None:
    found = rolled(app, 2, 29)
    assert written(found) == plain_text(
        """
        opening: 70, 50, 0 ($7)
        granted: 0, 0, 40 ($4)
        used: -20, 0, 0 ($-2)
        expired: -80, 0, 0 ($-8)
        reversed: 50, 0, 0 ($5)
        rolled_over: 0, 0, 0 ($0)
        clawed_back: 0, -50, 0 ($0)
        closing: 20, 0, 40 ($6)
        """
    )
    out, into = found.whole.line("rolled_over").parts
    assert [out.together.credits, into.together.credits] == [-10, 10]
    assert [out.together.deferred_usd, into.together.deferred_usd] == [-1, 1]
    # Of C what has expired and is not posted; the replacement of A lives 30 days from day 20, D until day 60.
    assert {age.key: age.together.credits for age in found.ages if age.grants} == {
        "expired": 30,
        "month": 20,
        "quarter": 10,
    }
    assert found.whole.breakage_percent == 200
    assert found.whole.utilisation_percent == Decimal(20 * 100) / (120 + 40)


def test_every_midnight_ties_to_the_books_folded_or_not(app: Flask, story: Story) -> None:
    waiting = [written(rolled(app, 0, last)) for last in range(32)]
    # Two entries at a time, so that most days are added to what is there.
    for _ in range(6):
        with app.app_context(), db.transaction() as session:
            assert fold_movements.one(session.connection(), most=2).moved in {1, 2}
        assert written(rolled(app, 0, 31)) == waiting[-1]
    folded = [rolled(app, 0, last) for last in range(32)]
    assert [written(one) for one in folded] == waiting
    assert [tie for one in folded for tie in one.ties if not tie.holds] == []
    assert all(len(one.ties) == 7 for one in folded)
    with app.app_context():
        rebuild_usage()
    assert [written(rolled(app, 0, last)) for last in range(32)] == waiting
    assert story.laws() == {}


def test_each_day_opens_with_what_the_day_before_closed_with(app: Flask, story: Story) -> None:
    found = rolled(app, 0, 31)
    days = list(found.by_bucket.values())
    assert [one.opening.by_category for one in days[1:]] == [one.closing.by_category for one in days[:-1]]
    assert days[-1].closing.by_category == found.whole.closing.by_category


@pytest.fixture(scope="module")
def other_database(template: Urls) -> Iterator[Urls]:
    """Ada has a book of her own; the shop gets another."""
    with copied(template) as urls:
        yield urls


@pytest.fixture(scope="module")
def shop(other_database: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A shop whose newest half still waits to be folded."""
    with serving(other_database, tmp_path_factory.mktemp("data")) as app:
        open_shop(app, folded=False)
        yield app


@pytest.fixture
def fiona(shop: Flask) -> FlaskClient:
    return signed_in(shop, FIONA)


def rows(browser: FlaskClient, path: str) -> list[dict[str, str]]:
    with browser.get(f"{PAGE}/{path}?{DAYS}") as answer:
        assert answer.status_code == 200
        return list(csv.DictReader(StringIO(answer.get_data(as_text=True))))


def test_fiona_sees_a_closing_that_is_the_sum_of_all_balances(shop: Flask, fiona: FlaskClient) -> None:
    page = fiona.get(f"{PAGE}?{DAYS}").text
    assert "all 7 closing figures are those of the books" in page
    assert page.count(">Ties<") == 8
    assert "Differs" not in page
    with shop.app_context(), db.snapshot() as connection:
        owed = connection.execute(text("select sum(amount) from user_credit_balance")).scalar_one()
    assert f'data-value="{owed.normalize():f}"' in page


def test_the_files_add_up_to_the_screen(fiona: FlaskClient) -> None:
    found = rows(fiona, "roll-forward/csv")
    for column in ("All, credits", "Paid, credits", "All, list value, USD", "All, deferred revenue, USD"):
        values = [Decimal(row[column]) for row in found]
        assert sum(values[:-1]) == values[-1]
    ages = rows(fiona, "aging/csv")
    assert ages[-1]["All, credits"] == found[-1]["All, credits"]
    assert sum(Decimal(row["All, credits"]) for row in ages[:-1]) == Decimal(ages[-1]["All, credits"])
    last_of_days = [row for row in rows(fiona, "over-time/csv") if row["Line"] == "Closing"][-1]
    assert last_of_days["All, deferred revenue, USD"] == found[-1]["All, deferred revenue, USD"]
    with fiona.get(f"{PAGE}/roll-forward/xlsx?{DAYS}") as answer:
        last: list[Any] = [cell.value for cell in list(load_workbook(BytesIO(answer.data)).active.rows)[-1]]
    assert Decimal(str(last[6])) == Decimal(found[-1]["All, credits"])


def test_the_movements_behind_a_line_come_to_the_line(fiona: FlaskClient) -> None:
    whole = next(row for row in rows(fiona, "roll-forward/csv") if row["Line"] == "Used")
    with fiona.get(f"{PAGE}/movements/export/csv?{DAYS}&line=used") as answer:
        found = list(csv.DictReader(StringIO(answer.get_data(as_text=True))))
    for theirs, ours in (("Credits", "All, credits"), ("Deferred revenue, USD", "All, deferred revenue, USD")):
        assert sum(Decimal(row[theirs]) for row in found[:-1]) == Decimal(found[-1][theirs]) == Decimal(whole[ours])
    assert len(found) - 1 == int(whole["Postings"])


def test_movements_are_read_page_by_page_each_once(fiona: FlaskClient) -> None:
    seen: list[str] = []
    path: str | None = f"{PAGE}/movements?{DAYS}&line=used&category=allowance"
    while path:
        page = fiona.get(path).text
        seen += [part.partition('"')[0] for part in page.split('href="/support/receipts/')[1:]]
        older = page.rpartition(">Older →<")[0].rpartition('href="')[2].partition('"')[0]
        path = older.replace("&amp;", "&") if ">Older →<" in page else None
    assert len(seen) == len(set(seen)) > 100


def test_a_summary_that_differs_is_shown_as_different(shop: Flask, fiona: FlaskClient, other_database: Urls) -> None:
    change = "update credit_movement_daily set credits_out = credits_out {} 1 where reason = 'usage'"
    with owned(other_database) as owner:
        owner.execute(text(change.format("+")))
        page = fiona.get(f"{PAGE}?{DAYS}").text
        owner.execute(text(change.format("-")))
    assert "closing figures are not those of the books" in page
    assert "Differs" in page


def test_without_grants_nothing_is_owed(fresh_app: Flask) -> None:
    assert "Nothing is owed." in signed_in(fresh_app, AUD).get(PAGE).text


def test_support_may_not_see_what_is_owed(shop: Flask) -> None:
    sam = signed_in(shop, SAM)
    assert [sam.get(f"{PAGE}{path}").status_code for path in ("", "/movements", "/aging/csv")] == [403] * 3


@pytest.mark.parametrize("wrong", ["per=hour", "measure=x", "from=x&to=y", "from=2026-10-02&to=2026-10-01"])
def test_a_wrong_address_keeps_the_figures_and_says_so(fiona: FlaskClient, wrong: str) -> None:
    answer = fiona.get(f"{PAGE}?{wrong}")
    assert answer.status_code == 200
    assert "Not taken." in answer.text or "still shows the dates above" in answer.text


@pytest.mark.parametrize("wrong", ["line=x", "category=x", "cursor=x"])
def test_a_wrong_narrowing_is_named(fiona: FlaskClient, wrong: str) -> None:
    assert "Not taken." in fiona.get(f"{PAGE}/movements?{DAYS}&{wrong}").text
