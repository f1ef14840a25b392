"""Every vendor's way of counting ends in four buckets that do not overlap and add up to what was billed."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.engine.errors import InvalidInputError
from dashboard.engine.usage_shapes import BUCKETS, as_event, opened

COUNT = st.integers(0, 10**9)
BOTH = st.sampled_from([int, str])
# How fast one example runs depends on what else the machine does.
unhurried = settings(deadline=None)


def buckets(usage: Mapping[str, object]) -> tuple[object, ...]:
    event = as_event({"usage": usage})
    return tuple(event[name] for name in BUCKETS)


def split(whole: int, share: int) -> int:
    """A part of a whole, whatever the share."""
    return share % (whole + 1)


@unhurried
@given(prompt=COUNT, share=COUNT, output=COUNT, reasoning=COUNT, kind=BOTH)
def test_openai_chat_counts_cached_tokens_inside_the_prompt(
    prompt: int, share: int, output: int, reasoning: int, kind: type
) -> None:
    cached = split(prompt, share)
    found = buckets(
        {
            "prompt_tokens": kind(prompt),
            "completion_tokens": kind(output),
            "total_tokens": kind(prompt + output),
            "prompt_tokens_details": {"cached_tokens": kind(cached), "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": split(output, reasoning)},
        }
    )
    assert found == (prompt - cached, cached, 0, output)
    assert sum(map(int, map(str, found))) == prompt + output


@unhurried
@given(asked=COUNT, share=COUNT, output=COUNT)
def test_openai_responses_counts_cached_tokens_inside_the_input(asked: int, share: int, output: int) -> None:
    cached = split(asked, share)
    details: dict[str, object] = {"cached_tokens": cached}
    found = buckets(
        {
            "input_tokens": asked,
            "input_tokens_details": details,
            "output_tokens": output,
            "total_tokens": asked + output,
        }
    )
    assert found == (asked - cached, cached, 0, output)


@unhurried
@given(asked=COUNT, cached=COUNT, written=st.tuples(COUNT, COUNT), output=COUNT, nested=st.booleans())
def test_anthropic_counts_the_cache_beside_the_input(
    asked: int, cached: int, written: tuple[int, int], output: int, *, nested: bool
) -> None:
    usage: dict[str, object] = {
        "input_tokens": asked,
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": sum(written),
        "output_tokens": output,
        "service_tier": "standard",
    }
    if nested:
        names = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
        usage["cache_creation"] = dict(zip(names, written, strict=True))
    if sum(written) > 10**9:
        with pytest.raises(InvalidInputError):
            buckets(usage)
    else:
        assert buckets(usage) == (asked, cached, sum(written), output)


@unhurried
@given(prompt=COUNT, share=COUNT, output=COUNT, thoughts=COUNT)
def test_google_counts_cached_tokens_inside_and_thoughts_beside(
    prompt: int, share: int, output: int, thoughts: int
) -> None:
    cached = split(prompt, share)
    found = buckets(
        {
            "promptTokenCount": prompt,
            "cachedContentTokenCount": cached,
            "candidatesTokenCount": output,
            "thoughtsTokenCount": thoughts,
            "totalTokenCount": prompt + output + thoughts,
        }
    )
    assert found == (prompt - cached, cached, 0, output + thoughts)


@unhurried
@given(asked=COUNT, shares=st.tuples(COUNT, COUNT), output=COUNT, under=st.booleans())
def test_opentelemetry_counts_both_cache_counts_inside(
    asked: int, shares: tuple[int, int], output: int, *, under: bool
) -> None:
    cached = split(asked, shares[0])
    written = split(asked - cached, shares[1])
    span: dict[str, object] = {
        "gen_ai.provider.name": "azure.ai.openai",
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.usage.input_tokens": asked,
        "gen_ai.usage.output_tokens": output,
        "gen_ai.usage.cache_read.input_tokens": cached,
        "gen_ai.usage.cache_creation.input_tokens": written,
    }
    around = {"customer": "ada@example.com"}
    event = as_event({**around, "attributes": {**span, "server.port": 443}} if under else {**around, **span})
    assert event == {
        "customer": "ada@example.com",
        "request_id": "chatcmpl-1",
        "provider": "azure",
        "model": "gpt-4o-2024-08-06",
        "service": "chat",
        **dict(zip(BUCKETS, (asked - cached - written, cached, written, output), strict=True)),
    }


@pytest.mark.parametrize(
    ("usage", "field"),
    [
        (
            {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 2}},
            "usage.prompt_tokens_details.cached_tokens",
        ),
        ({"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 3}, "usage.total_tokens"),
        ({"prompt_tokens": None}, "usage.prompt_tokens"),
        ({"prompt_tokens": -1}, "usage.prompt_tokens"),
        ({"prompt_tokens": 1, "prompt_tokens_details": 1}, "usage.prompt_tokens_details"),
        ({"prompt_tokens": 1, "cache_creation_input_tokens": 1}, "usage"),
        ({"input_tokens": 1, "input_tokens_details": {}, "cache_read_input_tokens": 1}, "usage"),
        (
            {"input_tokens": 1, "cache_creation_input_tokens": 2, "cache_creation": {"ephemeral_5m_input_tokens": 1}},
            "usage.cache_creation_input_tokens",
        ),
        ({"tokens": 1}, "usage"),
        ("1", "usage"),
    ],
)
def test_a_usage_that_contradicts_itself_is_refused_by_its_field(usage: object, field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        as_event({"usage": usage})
    assert set(refused.value.errors) == {field}


def test_counts_of_our_own_beside_a_vendors_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="beside"):
        as_event({"usage": {"prompt_tokens": 1}, "input_tokens": 1})


ENVELOPE = {"specversion": "1.0", "id": "1", "source": "/a", "type": "t", "subject": "ada@example.com", "data": {}}


def test_a_cloud_event_names_request_customer_and_time() -> None:
    event, source = opened({**ENVELOPE, "time": "2026-09-01T00:00:00Z", "data": {"usage": {"input_tokens": 5}}})
    assert source == "/a"
    assert (event["request_id"], event["customer"]) == ("1", "ada@example.com")
    assert event["request_started_at"] == "2026-09-01T00:00:00Z"
    assert event["input_tokens"] == 5


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": ""}, "id"),
        ({"source": None}, "source"),
        ({"type": 1}, "type"),
        ({"data": []}, "data"),
        ({"data": {"request_id": "2"}}, "data.request_id"),
    ],
)
def test_a_cloud_event_without_what_the_standard_asks_is_refused(change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        opened({**ENVELOPE, **change})
    assert set(refused.value.errors) == {field}
