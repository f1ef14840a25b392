"""The models are the schema: every table, column, type, nullability and key, both ways."""

import pytest
from sqlalchemy import Connection, text

from dashboard.config import CannotStart
from dashboard.drift import Difference, drift, refuse_drift
from dashboard.embedded import Urls
from tests.conftest import owned


def test_models_and_queries_fit_the_migrated_database(connection: Connection) -> None:
    assert [str(difference) for difference in drift(connection)] == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (
            "alter table providers drop column api_type",
            Difference("column", "providers.api_type", "text not null", None),
        ),
        (
            "alter table providers add column colour text",
            Difference("column", "providers.colour", None, "text"),
        ),
        (
            "alter table credit_hold alter column credits type double precision",
            Difference("column", "credit_hold.credits", "numeric(18,6) not null", "double precision not null"),
        ),
        (
            "alter table users alter column email drop not null",
            Difference("column", "users.email", "text not null", "text"),
        ),
        (
            "alter table personal_note drop constraint personal_note_user_id_fkey",
            Difference("foreign key", "personal_note (user_id)", "users (id)", None),
        ),
        (
            "alter table unique_key drop constraint unique_key_pkey",
            Difference("primary key", "unique_key", "(kind, value)", None),
        ),
        ("create table stray (id integer)", Difference("table", "stray", None, "a table")),
        ("drop table proof_result", Difference("table", "proof_result", "a table", None)),
    ],
)
def test_a_schema_changed_by_hand_is_named(fresh_database: Urls, change: str, difference: Difference) -> None:
    with owned(fresh_database) as owner:
        owner.execute(text(change))
        assert difference in drift(owner)
        with pytest.raises(CannotStart, match=difference.name.split(".")[0].split(" ")[0]):
            refuse_drift(owner)


def test_a_query_that_no_longer_fits_is_named(fresh_database: Urls) -> None:
    with owned(fresh_database) as owner:
        owner.execute(text("alter table proof_result rename column sample to examples"))
        names = {difference.name for difference in drift(owner)}
        assert "queries/control/last_law_results.sql" in names


def test_no_column_holds_floating_point_numbers(connection: Connection) -> None:
    floating = """
        select table_name || '.' || column_name from information_schema.columns
        where table_schema = 'public' and data_type in ('double precision', 'real')
    """
    assert connection.execute(text(floating)).scalars().all() == []
