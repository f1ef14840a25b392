"""Values that pass a careless CHECK: NULL, NaN, infinity; and lines written in between."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from dashboard.db import db
from tests.shop import open_shop

ENTRY = """
    insert into credit_deduction_ledger (
        user_id, seq, amount, balance_before, balance_after, reason, realised_revenue_usd, created_at, prev_created_at{0}
    )
    select
        balance.user_id, last_seq + 1, 1, balance.amount, balance.amount + 1, {1}, balance.last_created_at{3}
    from user_credit_balance as balance
    join credit_deduction_ledger as taken on taken.user_id = balance.user_id and taken.reason = 'usage'
    where {2}
    limit 1
"""
REVERSAL = ", cause, reverses_seq, reverses_amount, reversed_before, reversed_after"
USAGE = """
    insert into token_usage_ledger (
        user_id, request_id, provider_id, model_id, service, request_type, status, key_mode, user_tier_at_request,
        input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, cost_status, multiplier_scope,
        margin_multiplier, unit_usd, increment, credits_due, credits_deducted, credits_uncovered, rounding_gain_usd,
        realised_revenue_usd, body_sha256, request_started_at, created_at, accounted_at
    )
    select
        user_id, gen_random_uuid(), provider_id, model_id, service, request_type, status, 'system', user_tier_at_request,
        1, 0, 0, 1, 'unpriced', multiplier_scope, margin_multiplier, {unit}, {increment}, 0, 0, 0, 0, 0, body_sha256,
        {started}, now(), {accounted}
    from token_usage_ledger
    limit 1
"""
GOOD = {"unit": "0.001", "increment": "1", "started": "now()", "accounted": "now()"}
CORRECTION = """
    insert into usage_correction (
        user_id, request_id, n, vendor_cost, credit_value_usd, credits_due, credits_deducted, credits_uncovered,
        rounding_gain_usd, realised_revenue_usd, prices_request, reason, created_at, accounted_at
    )
    select user_id, request_id, 1, {}, {}, {}, {}, {}, {}, {}, false, 'test', now(), now()
    from token_usage_ledger
    limit 1
"""


@pytest.fixture(scope="module")
def shop(app: Flask) -> Flask:
    open_shop(app, requests=40)
    return app


@pytest.fixture
def books(shop: Flask) -> Iterator[Connection]:
    """The app's own connection to the books of a shop, rolled back."""
    with shop.app_context(), db.engine.connect() as connection:
        yield connection
        connection.rollback()


def entry(values: str, *, reversed_: str = "", where: str = "true") -> str:
    return ENTRY.format(REVERSAL if reversed_ else "", values, where, reversed_)


def test_a_reversal_names_what_was_given_back_before(books: Connection) -> None:
    totals = ", 'goodwill', taken.seq, taken.amount, 0, 1"
    good = entry("'reversal', 0, now()", reversed_=totals, where="taken.amount <= -1")
    books.execute(text(good))
    books.rollback()
    with pytest.raises(IntegrityError, match="check"):
        books.execute(text(good.replace("taken.amount, 0, 1", "taken.amount, null, null")))


@pytest.mark.parametrize(
    "values",
    ["'bonus', 'NaN', now()", "'bonus', 1e9, now()", "'bonus', 0, 'infinity'"],
)
def test_no_entry_has_an_endless_revenue_or_time(books: Connection, values: str) -> None:
    books.execute(text(entry("'bonus', 0, now()")))
    books.rollback()
    with pytest.raises((DataError, IntegrityError)):
        books.execute(text(entry(values)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("unit", value) for value in ("'NaN'", "0", "-1", "1e6")],
        *[("increment", value) for value in ("'NaN'", "0", "-1", "1e6")],
        *[("started", value) for value in ("'infinity'", "'-infinity'")],
        ("accounted", "'infinity'"),
    ],
)
def test_no_usage_has_an_endless_unit_or_time(books: Connection, field: str, value: str) -> None:
    books.execute(text(USAGE.format(**GOOD)))
    books.rollback()
    with pytest.raises((DataError, IntegrityError)):
        books.execute(text(USAGE.format(**{**GOOD, field: value})))


@pytest.mark.parametrize("place", range(7))
def test_no_correction_is_not_a_number(books: Connection, place: int) -> None:
    zeros = ["0"] * 7
    books.execute(text(CORRECTION.format(*zeros)))
    books.rollback()
    zeros[place] = "'NaN'"
    with pytest.raises((DataError, IntegrityError)):
        books.execute(text(CORRECTION.format(*zeros)))


def test_a_draw_has_a_revenue_that_is_a_number(books: Connection) -> None:
    sql = """
        insert into credit_source_draw (
            user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position
        )
        select draw.user_id, head.last_seq, source.id, 1, 0, {}, 9
        from credit_source_draw as draw
        join user_credit_balance as head on head.user_id = draw.user_id
        join user_credit_source as source on source.user_id = draw.user_id
        where not exists (
            select from credit_source_draw as known
            where (known.user_id, known.seq, known.source_id) = (draw.user_id, head.last_seq, source.id)
        )
        limit 1
    """
    assert books.execute(text(sql.format("0"))).rowcount == 1
    books.rollback()
    with pytest.raises((DataError, IntegrityError)):
        books.execute(text(sql.format("'NaN'")))


def test_an_audit_line_is_not_written_in_between_later(books: Connection) -> None:
    sql = """
        insert into audit_log (id, recorded_at, actor_name, actor_role, verb, object_kind)
        overriding system value
        values (-5, '2020-01-01', 'somebody', 'owner', 'sign_in', 'operator')
    """
    with pytest.raises(ProgrammingError, match="permission denied"):
        books.execute(text(sql))
