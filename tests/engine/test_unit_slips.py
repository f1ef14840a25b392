"""Prices in another unit than the list claims are stopped, with the reason in words."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from dashboard.engine.price_changes import ALWAYS, KnownPrice, differences
from dashboard.engine.price_lists import PER_1K, PER_MILLION, PER_TOKEN, ListedPrice, read_litellm
from dashboard.engine.price_proposals import compare
from dashboard.engine.rating import Rates
from dashboard.engine.unit_slips import list_slip, slip_name, unit_slip

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MODELS = {"gpt-4o": ("2.5", "10"), "gpt-4o-mini": ("0.15", "0.6"), "o3": ("2", "8"), "gpt-4.1-nano": ("0.1", "0.4")}


def known(*models: str) -> list[KnownPrice]:
    """What a million tokens cost, known per thousand."""
    return [
        KnownPrice(UUID(int=n), "openai", model, rates(model), None, None, False, ALWAYS, None)  # noqa: FBT003 - as its fields
        for n, model in enumerate(models)
    ]


def rates(model: str, per_million: Decimal = Decimal(1)) -> Rates:
    uncached, output = (Decimal(price) * per_million / 1000 for price in MODELS[model])
    return Rates(uncached, output)


def listed(model: str, factor: str, unit_tokens: int) -> ListedPrice:
    return ListedPrice(model, "openai", model, rates(model, Decimal(factor)), unit_tokens=unit_tokens)


def test_a_list_given_per_million_tokens_where_per_token_is_meant_is_stopped_with_that_reason() -> None:
    entries = {
        model: {
            "litellm_provider": "openai",
            "input_cost_per_token": Decimal(uncached),
            "output_cost_per_token": Decimal(output),
        }
        for model, (uncached, output) in MODELS.items()
    }
    said = read_litellm(entries)
    # Two of the models are known, two are new: none of them comes in.
    compared = compare(said.prices, known("gpt-4o", "o3"), NOW)
    assert compared.stopped is not None
    assert "given per million tokens where per token is meant" in compared.stopped
    assert [line.state for line in compared.lines] == ["blocked"] * 4
    applied = differences(said.prices, known("gpt-4o", "o3"), NOW)
    assert (applied.added, {line.reason for line in applied.refused}) == ((), {compared.stopped})


def test_the_same_slip_is_seen_when_nothing_is_known_yet() -> None:
    stopped = compare([listed(model, "1000000", PER_TOKEN) for model in MODELS], [], NOW).stopped
    assert stopped is not None
    assert "given per million tokens where per token is meant" in stopped


@pytest.mark.parametrize(
    ("factor", "unit_tokens", "words"),
    [
        ("1000", PER_TOKEN, "given per 1,000 tokens where per token is meant"),
        ("1000000", PER_TOKEN, "given per million tokens where per token is meant"),
        ("1000", PER_1K, "given per million tokens where per 1,000 tokens is meant"),
        ("0.001", PER_1K, "given per token where per 1,000 tokens is meant"),
        ("0.001", PER_MILLION, "given per 1,000 tokens where per million tokens is meant"),
        ("0.000001", PER_MILLION, "given per token where per million tokens is meant"),
    ],
)
def test_every_slip_has_its_name(factor: str, unit_tokens: int, words: str) -> None:
    reason = unit_slip(listed("gpt-4o", factor, unit_tokens), rates("gpt-4o"))
    assert reason is not None
    assert words in reason
    stopped = list_slip([(listed(model, factor, unit_tokens), rates(model)) for model in MODELS])
    assert stopped is not None
    assert words in stopped


def test_one_slip_among_many_stops_only_its_line() -> None:
    lines = [listed("gpt-4o", "1000", PER_1K), *(listed(model, "1", PER_1K) for model in list(MODELS)[1:])]
    compared = compare(lines, known(*MODELS), NOW)
    assert (compared.stopped, [line.state for line in compared.lines]) == (None, ["blocked", "same", "same", "same"])


def test_a_cut_by_nine_tenths_is_no_slip() -> None:
    assert list_slip([(listed(model, "0.1", PER_1K), rates(model)) for model in MODELS]) is None


def test_a_unit_nobody_gives_prices_in_has_no_name() -> None:
    assert slip_name(PER_MILLION, 3) is None
