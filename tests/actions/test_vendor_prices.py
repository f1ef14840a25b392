"""The desk for vendors' prices: sources propose, a person decides, nothing is applied in silence."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from dashboard import db
from dashboard.actions import compare_price_library as library
from dashboard.actions.compare_price_library import LibraryUnreadableError, compare_price_library
from dashboard.actions.decide_price_line import accept_price_line, refuse_price_line
from dashboard.actions.propose_prices import Proposed, Source, propose_prices
from dashboard.actions.set_vendor_prices import set_vendor_prices
from dashboard.engine.actors import SHELL
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.price_lists import PER_TOKEN, ListedPrice, PriceList
from dashboard.engine.rating import Rates

THEN = datetime(2026, 9, 1, tzinfo=UTC)
NOW = datetime(2026, 10, 1, tzinfo=UTC)
LITELLM = Source("litellm", "LiteLLM", "litellm.json")
FILE = Source("csv", "vendor.csv", "vendor.csv")


def line(model: str, per_1k: str, unit_tokens: int = 1000) -> ListedPrice:
    return ListedPrice(model, "openai", model, Rates(Decimal(per_1k), Decimal(per_1k)), unit_tokens=unit_tokens)


def propose(*lines: ListedPrice, source: Source = LITELLM, now: datetime = NOW) -> Proposed:
    return propose_prices(SHELL, source, PriceList(lines, (), {}), now)


def rows(query: str, **given: object) -> list[tuple[object, ...]]:
    with db.snapshot() as connection:
        return [tuple(row) for row in connection.execute(text(query), given)]


def states() -> dict[str, str]:
    return {
        str(model): str(state)
        for model, state in rows("select model_name, state from price_sync_line order by seen_at")
    }


def open_line(model: str) -> UUID:
    found = rows(
        "select id from price_sync_line where model_name = :model and state in ('open', 'blocked')", model=model
    )
    return UUID(str(found[0][0]))


def prices(model: str) -> list[tuple[object, ...]]:
    return rows(
        "select trim_scale(input_price_per_1k)::text, effective_from, effective_until, source, trim_scale(price_change_percent_input)::text"
        " from model_provider_pricing where model_name = :model order by effective_from",
        model=model,
    )


@pytest.fixture
def desk(fresh_app: Flask) -> Flask:
    with fresh_app.app_context():
        set_vendor_prices([line("o3", "0.002"), line("o4", "0.001")], source="test", actor=SHELL, now=THEN)
    return fresh_app


def test_a_source_proposes_and_nothing_is_applied(desk: Flask) -> None:
    with desk.app_context():
        found = propose(line("o3", "0.003"), line("o4", "0.001"), line("o5", "0.004"), line("slip", "4"))
        assert (found.waiting, found.unchanged, found.blocked) == (2, 1, 1)
        assert states() == {"o3": "open", "o4": "same", "o5": "open", "slip": "blocked"}
        assert len(prices("o3")) == 1
        verified = rows("select model_name, last_verified from model_provider_pricing order by 1")
        assert verified == [("o3", THEN), ("o4", NOW)]


def test_an_accepted_line_becomes_a_dated_price_and_the_old_one_ends(desk: Flask) -> None:
    with desk.app_context():
        propose(line("o3", "0.003"))
        accepted = open_line("o3")
        accept_price_line(SHELL, accepted, NOW)
        assert [row[:4] for row in prices("o3")] == [
            ("0.002", datetime(2000, 1, 1, tzinfo=UTC), NOW, "test"),
            ("0.003", NOW, None, "litellm.json"),
        ]
        with pytest.raises(RuleBrokenError, match="accepted already"):
            accept_price_line(SHELL, accepted, NOW)
        assert propose(line("o3", "0.003"), now=NOW + timedelta(days=1)).unchanged == 1


def test_what_was_refused_once_is_not_asked_again(desk: Flask) -> None:
    with desk.app_context():
        propose(line("o3", "0.003"))
        with pytest.raises(InvalidInputError):
            refuse_price_line(SHELL, open_line("o3"), " ", NOW)
        refuse_price_line(SHELL, open_line("o3"), "The vendor's page says otherwise", NOW)
        assert propose(line("o3", "0.003"), now=NOW + timedelta(days=1)).waiting == 0
        assert propose(line("o3", "0.0031"), now=NOW + timedelta(days=2)).waiting == 1


def test_what_a_source_no_longer_says_is_closed(desk: Flask) -> None:
    with desk.app_context():
        propose(line("o3", "0.003"))
        propose(line("o3", "0.0035"), source=FILE)
        propose(line("o3", "0.004"), now=NOW + timedelta(days=1))
        found = rows("select trim_scale(input_price_per_1k)::text, state from price_sync_line order by 1")
        assert found == [("0.003", "superseded"), ("0.0035", "open"), ("0.004", "open")]


def test_a_line_compared_with_an_older_price_is_not_accepted(desk: Flask) -> None:
    with desk.app_context():
        propose(line("o3", "0.003"))
        set_vendor_prices([line("o3", "0.0025")], source="hand", actor=SHELL, now=NOW)
        with pytest.raises(RuleBrokenError, match="Another price of this model was set since"):
            accept_price_line(SHELL, open_line("o3"), NOW + timedelta(minutes=1))
        assert len(prices("o3")) == 2


def test_of_two_first_prices_one_is_accepted_and_the_other_compared_again(desk: Flask) -> None:
    with desk.app_context():
        propose(line("o5", "0.003"))
        propose(line("o5", "0.004"), source=FILE)
        found = rows("select id from price_sync_line where model_name = 'o5' order by origin")
        first, second = (UUID(str(row[0])) for row in found)
        accept_price_line(SHELL, first, NOW)
        with pytest.raises(RuleBrokenError, match="compare again"):
            accept_price_line(SHELL, second, NOW)


def test_a_list_in_another_unit_is_stopped_and_nothing_of_it_can_be_accepted(desk: Flask) -> None:
    with desk.app_context():
        found = propose(
            *(line(model, price, PER_TOKEN) for model, price in (("o3", "2000"), ("o4", "1000"), ("o6", "4")))
        )
        assert "given per million tokens where per token is meant" in str(found.stopped)
        assert set(states().values()) == {"blocked"}
        with pytest.raises(RuleBrokenError, match="given per million tokens where per token is meant"):
            accept_price_line(SHELL, open_line("o6"), NOW)
        assert rows("select state, reason from price_sync") == [("stopped", found.stopped)]


def test_a_person_may_say_since_when_an_undated_price_holds(desk: Flask) -> None:
    with desk.app_context():
        propose(line("o3", "0.003"))
        accept_price_line(SHELL, open_line("o3"), NOW, effective_from=THEN)
        assert [row[1] for row in prices("o3")] == [datetime(2000, 1, 1, tzinfo=UTC), THEN]


def test_the_library_verifies_once_for_each_edition(desk: Flask) -> None:
    with desk.app_context():
        compare_price_library(SHELL, NOW)
        known = rows("select count(*) from price_sync_line where origin = 'genai-prices'")[0][0]
        assert isinstance(known, int)
        assert known > 100
        compare_price_library(SHELL, NOW + timedelta(days=9))
        assert rows("select count(*) from price_sync_line where origin = 'genai-prices'")[0][0] == known
        assert rows(
            "select max(last_verified) < :later from model_provider_pricing", later=NOW + timedelta(days=1)
        ) == [(True,)]


def test_a_library_that_cannot_be_read_is_kept_as_failed(desk: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> PriceList:
        raise AttributeError("no models")

    monkeypatch.setattr(library, "read_library", broken)
    with desk.app_context():
        with pytest.raises(LibraryUnreadableError, match="no models"):
            compare_price_library(SHELL, NOW)
        assert rows("select origin, state, reason from price_sync") == [
            ("genai-prices", "failed", "AttributeError: no models")
        ]


def test_the_app_may_not_change_what_a_source_said(desk: Flask) -> None:
    with desk.app_context():
        propose(line("o3", "0.003"))
        with pytest.raises(ProgrammingError, match="permission denied"), db.transaction() as session:
            session.execute(text("update price_sync_line set input_price_per_1k = 1"))
        with pytest.raises(ProgrammingError, match="permission denied"), db.transaction() as session:
            session.execute(text("delete from price_sync_line"))


def test_a_list_of_thousands_of_models_is_filed_whole(desk: Flask) -> None:
    with desk.app_context():
        assert propose(*(line(f"new-{number}", "0.002") for number in range(2_700))).waiting == 2_700
