import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from dashboard.engine.errors import InvalidInputError
from dashboard.engine.price_changes import ALWAYS, KnownPrice, NewPrice, difference, differences
from dashboard.engine.price_lists import ListedPrice, PriceList, RefusedLine, read_litellm, read_price_row
from dashboard.engine.rating import Rates

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
GPT_4O = {"litellm_provider": "openai", "input_cost_per_token": 0.0000025, "output_cost_per_token": 0.00001}


def litellm(entries: Mapping[str, object]) -> PriceList:
    return read_litellm(json.loads(json.dumps(entries), parse_float=Decimal))


def names(said: PriceList) -> list[str]:
    return [f"{price.provider}/{price.model}" for price in said.prices]


def listed(uncached: str, output: str, **changes: object) -> ListedPrice:
    return ListedPrice("line 2", "openai", "gpt-4o", Rates(Decimal(uncached), Decimal(output)), **changes)  # type: ignore[arg-type] # changed facts


def known(uncached: str, output: str, since: datetime = ALWAYS, until: datetime | None = None) -> KnownPrice:
    rates = Rates(Decimal(uncached), Decimal(output))
    return KnownPrice(
        UUID(int=7), "openai", "gpt-4o", rates, None, None, is_free=False, effective_from=since, effective_until=until
    )


def test_a_bare_key_takes_its_provider_and_usd_per_token_become_usd_per_1k() -> None:
    said = litellm({"gpt-4o": {**GPT_4O, "cache_read_input_token_cost": 0.00000125}})
    assert names(said) == ["openai/gpt-4o"]
    assert said.prices[0].rates == Rates(Decimal("0.0025"), Decimal("0.01"), cached=Decimal("0.00125"))


@pytest.mark.parametrize(
    ("key", "provider", "name"),
    [
        ("gemini/gemini-2.5-pro", "gemini", "google/gemini-2.5-pro"),
        ("azure/gpt-4o", "azure", "azure/gpt-4o"),
        ("azure/eu/gpt-4o", "azure", "azure/eu/gpt-4o"),
        ("ft:gpt-4o/team", "openai", "openai/ft:gpt-4o/team"),
        ("gemini/gpt-4o", "openai", "openai/gemini/gpt-4o"),
    ],
)
def test_a_prefix_is_stripped_only_when_it_names_the_provider(key: str, provider: str, name: str) -> None:
    assert names(litellm({key: {**GPT_4O, "litellm_provider": provider}})) == [name]


@pytest.mark.parametrize("provider", ["vertex_ai-language-models", "bedrock", "azure_ai", None])
def test_other_providers_are_passed_over(provider: str | None) -> None:
    said = litellm({"some-model": {**GPT_4O, "litellm_provider": provider}})
    assert (said.prices, said.refused, said.skipped) == ((), (), {"of providers not kept here": 1})


def test_an_entry_without_both_token_prices_is_passed_over() -> None:
    said = litellm({"tts-1": {"litellm_provider": "openai", "input_cost_per_token": 0.1}})
    assert said.skipped == {"without a price for both input and output tokens": 1}


def test_zero_prices_are_free_only_at_a_provider_that_is_free() -> None:
    nothing = {"input_cost_per_token": 0.0, "output_cost_per_token": 0.0}
    said = litellm(
        {"m": {**nothing, "litellm_provider": "gemini"}, "ollama/n": {**nothing, "litellm_provider": "ollama"}}
    )
    assert [(price.model, price.is_free) for price in said.prices] == [("n", True)]
    assert sum(said.skipped.values()) == 1


def test_prices_above_a_context_size_are_its_high_prices() -> None:
    entry = {
        **GPT_4O,
        "input_cost_per_token_above_200k_tokens": 0.000005,
        "cache_read_input_token_cost_above_200k_tokens": 0.000001,
    }
    price = litellm({"gpt-4o": entry}).prices[0]
    assert price.threshold_tokens == 200_000
    assert price.high_rates == Rates(Decimal("0.005"), Decimal("0.01"), cached=Decimal("0.001"))


def test_two_context_sizes_are_refused_because_one_can_be_kept() -> None:
    entry = {
        **GPT_4O,
        "input_cost_per_token_above_128k_tokens": 0.000003,
        "input_cost_per_token_above_200k_tokens": 0.000005,
    }
    said = litellm({"gpt-4o": entry})
    assert not said.prices
    assert said.refused[0].reason == "prices change at 2 context sizes; one can be kept"


def test_lines_that_contradict_each_other_are_all_refused() -> None:
    said = litellm({"gpt-4o": GPT_4O, "openai/gpt-4o": {**GPT_4O, "output_cost_per_token": 0.00002}})
    assert not said.prices
    assert [line.code for line in said.refused] == ["collision", "collision"]
    assert "none was taken" in said.refused[0].reason


def test_a_line_that_only_repeats_another_is_refused_and_the_first_taken() -> None:
    said = litellm({"gpt-4o": GPT_4O, "openai/gpt-4o": GPT_4O})
    assert names(said) == ["openai/gpt-4o"]
    assert [line.code for line in said.refused] == ["repeated"]


@pytest.mark.parametrize("price", [-0.000001, "cheap", True, []])
def test_a_price_that_is_none_is_refused(price: object) -> None:
    said = litellm({"gpt-4o": {**GPT_4O, "input_cost_per_token": price}})
    assert [line.code for line in said.refused] == ["bad_price"]


def test_a_price_with_more_than_ten_decimals_is_rounded_half_even_and_reported() -> None:
    price = litellm({"gpt-4o": {**GPT_4O, "input_cost_per_token": 0.00000250000005}}).prices[0]
    assert price.rates.uncached == Decimal("0.0025000000")
    exact = litellm({"gpt-4o": GPT_4O}).prices[0]
    assert (price.was_rounded, exact.was_rounded) == (True, False)


def test_a_csv_row_is_read_per_1k() -> None:
    row = {
        "provider": "OpenAI",
        "model": "gpt-4o",
        "input_price_per_1k": "0.005",
        "output_price_per_1k": "0.015",
        "effective_from": "2026-09-01",
    }
    price = read_price_row("line 2", row)
    assert (price.provider, price.rates.uncached, price.effective_from) == (
        "openai",
        Decimal("0.005"),
        datetime(2026, 9, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"input_price_per_1k": ""}, "input_price_per_1k"),
        ({"input_price_per_1k": "NaN"}, "input_price_per_1k"),
        ({"output_price_per_1k": "-1"}, "output_price_per_1k"),
        ({"input_price_per_1k": "0", "output_price_per_1k": "0"}, "is_free"),
        ({"input_price_per_1k_high_context": "0.1"}, "context_threshold_tokens"),
        ({"context_threshold_tokens": "200000"}, "input_price_per_1k_high_context"),
        ({"effective_from": "soon"}, "effective_from"),
    ],
)
def test_a_csv_row_that_cannot_be_taken_names_its_field(changes: dict[str, str], field: str) -> None:
    row = {"provider": "openai", "model": "gpt-4o", "input_price_per_1k": "0.005", "output_price_per_1k": "0.015"}
    with pytest.raises(InvalidInputError) as refused:
        read_price_row("line 2", {**row, **changes})
    assert field in refused.value.errors


def test_an_undated_price_of_an_unknown_model_holds_from_2000() -> None:
    new = difference(listed("0.005", "0.015"), [], NOW)
    assert isinstance(new, NewPrice)
    assert (new.effective_from, new.effective_until, new.closes) == (ALWAYS, None, None)


def test_an_undated_price_of_a_known_model_holds_from_now_and_closes_the_old() -> None:
    new = difference(listed("0.0025", "0.010"), [known("0.005", "0.015")], NOW)
    assert isinstance(new, NewPrice)
    assert (new.effective_from, new.closes) == (NOW, UUID(int=7))
    assert (new.change_percent_input, new.change_percent_output) == (Decimal("-50.0000"), Decimal("-33.3333"))


def test_the_same_price_changes_nothing() -> None:
    price = known("0.005", "0.015")
    assert difference(listed("0.005", "0.0150000000"), [price], NOW) is price


def test_another_price_from_the_same_start_is_refused() -> None:
    refused = difference(listed("0.004", "0.015", effective_from=NOW), [known("0.005", "0.015", NOW)], NOW)
    assert isinstance(refused, RefusedLine)
    assert "has another price from 2026-11-01 12:00 already" in refused.reason


def test_a_price_between_two_known_ones_ends_where_the_next_begins() -> None:
    later = NOW + timedelta(days=30)
    history = [known("0.005", "0.015", ALWAYS, later), known("0.002", "0.008", later)]
    new = difference(listed("0.004", "0.012", effective_from=NOW), history, NOW)
    assert isinstance(new, NewPrice)
    assert (new.effective_until, new.closes) == (later, UUID(int=7))


def test_one_list_may_hold_the_history_of_a_model() -> None:
    lines = [
        listed("0.0025", "0.01", effective_from=NOW),
        listed("0.005", "0.015", effective_from=NOW - timedelta(days=60)),
    ]
    first, second = differences(lines, [], NOW).added
    assert first.listed.rates.uncached == Decimal("0.005")
    assert second.closes == first.id


@pytest.mark.parametrize(
    ("uncached", "output", "reason"),
    [
        ("5", "15", "a slip of units by about 1,000"),
        ("5000", "15000", "a slip of units by about 1,000,000"),
        ("0.000005", "0.000015", "a slip of units by about 1,000"),
        ("0.005", "0.000000015", "a slip of units by about 1,000,000"),
    ],
)
def test_a_slip_of_units_against_the_known_price_is_blocked_by_name(uncached: str, output: str, reason: str) -> None:
    refused = difference(listed(uncached, output), [known("0.005", "0.015")], NOW)
    assert isinstance(refused, RefusedLine)
    assert (refused.code, reason in refused.reason) == ("unit_slip", True)


def test_a_first_price_no_vendor_asks_is_blocked() -> None:
    refused = difference(listed("2.5", "10"), [], NOW)
    assert isinstance(refused, RefusedLine)
    assert "is it the price of 1,000,000?" in refused.reason


def test_a_price_a_hundred_times_lower_is_a_change_not_a_slip() -> None:
    assert isinstance(difference(listed("0.00005", "0.00015"), [known("0.005", "0.015")], NOW), NewPrice)
