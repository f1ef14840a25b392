"""What a source says beside what is known: what is asked about, and how much it matters."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from dashboard.engine.errors import InvalidInputError
from dashboard.engine.price_changes import ALWAYS, KnownPrice
from dashboard.engine.price_files import MOST_ROWS, read_price_file
from dashboard.engine.price_library import read_library
from dashboard.engine.price_lists import ListedPrice
from dashboard.engine.price_proposals import act_by, agreement, change_class, compare, said
from dashboard.engine.rating import Rates

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SPRING = datetime(2026, 4, 1, tzinfo=UTC)


def listed(uncached: str, output: str = "0.01", since: datetime | None = None) -> ListedPrice:
    return ListedPrice(f"o {uncached}", "openai", "o3", Rates(Decimal(uncached), Decimal(output)), effective_from=since)


def known(uncached: str, output: str = "0.01", since: datetime = ALWAYS, until: datetime | None = None) -> KnownPrice:
    rates = Rates(Decimal(uncached), Decimal(output))
    return KnownPrice(
        UUID(int=1), "openai", "o3", rates, None, None, is_free=False, effective_from=since, effective_until=until
    )


def asked(lines: list[ListedPrice], prices: list[KnownPrice]) -> list[tuple[str, datetime | None, str]]:
    return [(one.line.line, one.line.effective_from, one.state) for one in compare(lines, prices, NOW).lines]


@pytest.mark.parametrize(
    ("new", "expected"),
    [("0.00111", "act"), ("0.0011", "review"), ("0.00105", "review"), ("0.00104", "minor"), ("0.0008", "act")],
)
def test_a_change_is_classed_by_how_far_it_goes(new: str, expected: str) -> None:
    assert change_class(known("0.001"), listed(new)) == expected


def test_the_largest_movement_counts_also_that_of_a_cache_price() -> None:
    cached = ListedPrice("o", "openai", "o3", Rates(Decimal("0.001"), Decimal("0.01"), cached=Decimal("0.0005")))
    assert change_class(known("0.001"), cached) == "act"
    assert change_class(known("0.001", "0.01"), listed("0.001", "0.0106")) == "review"
    assert change_class(None, cached) == "new"


def test_what_moves_by_more_than_ten_per_cent_is_to_be_decided_within_seven_days() -> None:
    assert act_by(NOW, "act") == NOW + timedelta(days=7)
    assert act_by(NOW, "review") is None


def test_a_model_without_a_price_is_asked_about_with_its_whole_history() -> None:
    lines = [listed("0.01", since=ALWAYS), listed("0.002", since=SPRING)]
    assert asked(lines, []) == [("o 0.01", ALWAYS, "open"), ("o 0.002", SPRING, "open")]


def test_a_first_price_that_begins_again_unchanged_is_one_line() -> None:
    lines = [listed("0.01", since=ALWAYS), replace(listed("0.01", since=SPRING), line="again")]
    assert asked(lines, []) == [("o 0.01", ALWAYS, "open")]
    back = [listed("0.01", since=ALWAYS), listed("0.002", since=SPRING), listed("0.01", since=NOW)]
    assert len(asked(back, [])) == 3


def test_of_a_known_model_only_what_is_news_is_asked_about() -> None:
    history = [listed("0.01", since=ALWAYS), listed("0.002", since=SPRING)]
    assert asked(history, [known("0.002", since=NOW - timedelta(days=9))]) == [("o 0.002", None, "same")]
    assert asked(history, [known("0.003", since=NOW - timedelta(days=9))]) == [("o 0.002", None, "open")]
    assert asked(history, [known("0.01")]) == [("o 0.002", SPRING, "open")]
    announced = listed("0.001", since=NOW + timedelta(days=9))
    assert asked([*history, announced], [known("0.002", since=SPRING)])[0] == (
        "o 0.001",
        announced.effective_from,
        "open",
    )


def test_another_price_from_the_same_start_is_blocked_with_its_reason() -> None:
    blocked = compare(
        [listed("0.002", since=NOW + timedelta(days=1))], [known("0.001", since=NOW + timedelta(days=1))], NOW
    )
    assert blocked.lines[0].state == "blocked"
    assert "has another price from 2026-11-02 00:00 already" in str(blocked.lines[0].blocked_reason)


def test_sources_agree_on_a_price_whatever_they_say_of_its_start() -> None:
    opinions = {"LiteLLM": listed("0.0020", since=SPRING), "list.csv": listed("0.003")}
    assert agreement(opinions, listed("0.002")) == (["LiteLLM"], ["list.csv"])


def test_the_same_words_have_the_same_fingerprint() -> None:
    assert said(listed("0.002")) == said(listed("0.0020000000")) != said(listed("0.0021"))


@dataclass
class Prices:
    input_mtok: object = None
    output_mtok: object = None
    cache_read_mtok: object = None


@dataclass
class Tiered:
    base: Decimal
    tiers: list[object]


@dataclass
class Step:
    start: int
    price: Decimal


@dataclass
class Dated:
    prices: Prices
    constraint: object = None


@dataclass
class From:
    start_date: date


@dataclass
class LibraryModel:
    id: str
    prices: object


@dataclass
class Vendor:
    id: str
    models: list[LibraryModel] = field(default_factory=list)


def test_the_library_says_what_a_million_tokens_cost_and_since_when() -> None:
    dear, cheap = Prices(Decimal(10), Decimal(40), Decimal(1)), Prices(Decimal(2), Decimal(8))
    history = [Dated(dear), Dated(cheap, From(date(2026, 4, 1)))]
    audio = Prices(Decimal(1))
    found = read_library(
        [
            Vendor("openai", [LibraryModel("o3", history), LibraryModel("tts", audio)]),
            Vendor("acme", [LibraryModel("a", dear)]),
        ]
    )
    assert [(line.rates.uncached, line.rates.cached, line.effective_from) for line in found.prices] == [
        (Decimal("0.01"), Decimal("0.001"), ALWAYS),
        (Decimal("0.002"), None, SPRING),
    ]
    assert sum(found.skipped.values()) == 2


def test_the_librarys_prices_above_a_context_size_are_its_high_prices() -> None:
    tiered = Prices(Tiered(Decimal("1.25"), [Step(200_000, Decimal("2.5"))]), Decimal(10))
    line = read_library([Vendor("google", [LibraryModel("gemini", tiered)])]).prices[0]
    assert (line.threshold_tokens, line.high_rates) == (200_000, Rates(Decimal("0.0025"), Decimal("0.01")))
    twice = Prices(Tiered(Decimal(1), [Step(1, Decimal(1)), Step(2, Decimal(2))]), Decimal(1))
    refused = read_library([Vendor("google", [LibraryModel("g", twice)])]).refused
    assert [one.reason for one in refused] == ["prices change at 2 context sizes; one can be kept"]


@pytest.mark.parametrize(
    ("form", "body", "reason"),
    [
        ("litellm", b"", "is empty"),
        ("litellm", b"[1]", "is not a LiteLLM price list"),
        ("litellm", b'{"m": {"x": NaN}}', "is not JSON"),
        ("csv", b"provider,model\n", "has no column input_price_per_1k"),
        ("csv", b"\xff\xfe", "is not a CSV file"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_its_reason(form: str, body: bytes, reason: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_price_file(body, form, NOW)
    assert reason in refused.value.errors["file"]


def test_a_csv_is_read_line_by_line() -> None:
    body = b"provider,model,input_price_per_1k,output_price_per_1k\nopenai,o3,0.002,0.008\nopenai,o4,,0.1\nopenai,o5\n"
    found = read_price_file(body, "csv", NOW)
    assert [price.model for price in found.prices] == ["o3"]
    assert [line.line for line in found.refused] == ["line 3", "line 4"]


@pytest.mark.parametrize("form", ["csv", "litellm"])
def test_a_file_with_more_lines_than_are_read_is_refused_whole(form: str) -> None:
    def of(lines: int) -> bytes:
        if form == "csv":
            row = "\nopenai,o3,0.002,0.008"
            return ("provider,model,input_price_per_1k,output_price_per_1k" + row * lines).encode()
        return b"{" + b",".join(b'"m%d": {}' % number for number in range(lines)) + b"}"

    found = read_price_file(of(MOST_ROWS), form, NOW)
    assert len(found.prices) + len(found.refused) + sum(found.skipped.values()) == MOST_ROWS
    with pytest.raises(InvalidInputError, match="has more than 20,000 lines"):
        read_price_file(of(MOST_ROWS + 1), form, NOW)


GPT_4O = '"litellm_provider": "openai", "output_cost_per_token": 0.00001, "input_cost_per_token": '


@pytest.mark.parametrize(
    ("prices", "reason"),
    [
        ("1e99999999999999999999", "is “1e99999999999999999999”, must be a decimal number"),
        ('0.1, "input_cost_per_token_batches": 1e400', "is “1E+400”, more than 99.999 is not plausible"),
        (f'0.1, "input_cost_per_token_above_{"9" * 5000}k_tokens": 0.1', "names a context size that is “999"),
        (f'0.1, "input_cost_per_token_above_{"9" * 20}k_tokens": 0.1', "more than 1,000,000 is not plausible"),
        ('0.1, "input_cost_per_token_above_0k_tokens": 0.1', "must be at least 1"),
    ],
)
def test_a_number_nobody_can_keep_refuses_its_line_alone(prices: str, reason: str) -> None:
    body = f'{{"gpt-4o": {{{GPT_4O}{prices}}}, "o3": {{{GPT_4O}0.1}}}}'
    found = read_price_file(body.encode(), "litellm", NOW)
    assert [price.model for price in found.prices] == ["o3"]
    assert [(line.line, line.code) for line in found.refused] == [("gpt-4o", "bad_price")]
    assert reason in found.refused[0].reason


def test_a_model_named_twice_in_json_with_different_prices_is_taken_from_neither() -> None:
    body = f'{{"gpt-4o": {{{GPT_4O}0.1}}, "o3": {{{GPT_4O}0.1}}, "gpt-4o": {{{GPT_4O}0.2}}, "o3": {{{GPT_4O}0.1}}}}'
    found = read_price_file(body.encode(), "litellm", NOW)
    assert [price.model for price in found.prices] == ["o3"]
    assert sorted((line.line, line.code) for line in found.refused) == [
        ("gpt-4o", "collision"),
        ("gpt-4o", "collision"),
        ("o3", "repeated"),
    ]
