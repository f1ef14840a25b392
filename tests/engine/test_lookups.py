"""What somebody typed or pasted, as a question."""

from uuid import UUID

import pytest

from dashboard.engine.lookups import Lookup, as_pattern, read_lookup
from dashboard.engine.usage import request_id_of

SOMEBODY = UUID("b81f227f-b668-527f-8cf2-fc33767f88ce")


@pytest.mark.parametrize("typed", ["", "   ", "\t\n", "\0"])
def test_nothing_is_an_empty_question(typed: str) -> None:
    assert read_lookup(typed).is_empty


def test_an_id_is_taken_in_any_case_and_with_space_around() -> None:
    assert read_lookup(f"  {str(SOMEBODY).upper()} ") == Lookup(str(SOMEBODY), (SOMEBODY,), is_exact=True)


def test_an_entry_is_a_customer_and_a_number() -> None:
    assert read_lookup(f"{SOMEBODY}-42").entry == (SOMEBODY, 42)


@pytest.mark.parametrize("typed", [f"{SOMEBODY}-0", f"{SOMEBODY}-", f"{SOMEBODY}-{10**19}", f"{SOMEBODY}x"])
def test_what_only_resembles_an_entry_is_words(typed: str) -> None:
    assert read_lookup(typed).entry is None
    assert not read_lookup(typed).is_exact


def test_their_own_name_of_a_request_is_an_id_too() -> None:
    assert read_lookup("Chat-0001").ids == (request_id_of("Chat-0001")[0],)


def test_words_are_lower_case_with_single_spaces() -> None:
    assert read_lookup("  Ada \u00a0 BYRON ").words == "ada byron"


def test_the_longest_word_leads_and_the_others_may_stand_anywhere() -> None:
    assert read_lookup("by ada").by_longest_word() == ("ada", ["% by%"])
    assert read_lookup("ada").by_longest_word() is None
    assert read_lookup("a by").by_longest_word() is None


def test_what_a_pattern_would_take_specially_is_taken_literally() -> None:
    assert as_pattern(r"50%_\x") == r"%50\%\_\\x%"
