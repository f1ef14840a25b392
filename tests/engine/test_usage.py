from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.engine.errors import InvalidInputError
from dashboard.engine.usage import EARLIEST, LARGEST_TOKENS, UsageEvent, Window, read_usage

WINDOW = Window(EARLIEST, datetime(2027, 1, 1, tzinfo=UTC))
REQUEST = "ab34874e-8ad6-405e-9765-f478d3804632"
RAW: dict[str, object] = {
    "request_id": REQUEST,
    "customer": "Ada@Example.com",
    "provider": "openai",
    "model": "gpt-4o",
    "input_tokens": "374",
    "output_tokens": 44,
    "request_started_at": "2026-09-01T00:00:00.000Z",
}


def read(**changes: object) -> UsageEvent:
    return read_usage({**RAW, **changes}, WINDOW)


def refusal(**changes: object) -> dict[str, str]:
    with pytest.raises(InvalidInputError) as refused:
        read(**changes)
    return refused.value.errors


def test_a_request_is_read_into_its_one_form() -> None:
    event = read()
    assert event.customer == "ada@example.com"
    assert (event.tokens.uncached, event.tokens.cached, event.tokens.output) == (374, 0, 44)
    assert (event.service, event.request_type, event.status, event.key_mode) == ("chat", "completion", "success", None)
    assert event.started_at == datetime(2026, 9, 1, tzinfo=UTC)


def test_the_body_is_canonical_json_with_times_in_utc_and_microseconds() -> None:
    assert read(vendor_cost_usd="0.0100").canonical() == (
        b'{"cache_write_tokens":0,"cached_input_tokens":0,"cost_estimated":false,"experiment_id":null,'
        b'"input_tokens":374,"key_mode":null,"metadata":null,"model":"gpt-4o","output_tokens":44,'
        b'"provider":"openai","request_completed_at":null,"request_id":"ab34874e-8ad6-405e-9765-f478d3804632",'
        b'"request_started_at":"2026-09-01T00:00:00.000000Z","request_type":"completion","service":"chat",'
        b'"status":"success","vendor_cost_usd":"0.01"}'
    )


@pytest.mark.parametrize(
    "same",
    [
        {"input_tokens": 374, "output_tokens": "44"},
        {"request_started_at": "2026-09-01T02:00:00+02:00"},
        {"cached_input_tokens": "0", "service": "chat", "status": "success"},
        {"customer": "9d0f6a3e-4f53-4d7e-8c8e-0a8f1f0b7a11"},
        {"request_id": REQUEST.upper()},
    ],
)
def test_the_same_request_written_otherwise_has_the_same_fingerprint(same: dict[str, object]) -> None:
    assert read(**same).body_sha256 == read().body_sha256


@pytest.mark.parametrize(
    "other",
    [
        {"output_tokens": 45},
        {"model": "gpt-4o-mini"},
        {"status": "failed"},
        {"key_mode": "own"},
        {"metadata": {"a": 1}},
    ],
)
def test_another_body_has_another_fingerprint(other: dict[str, object]) -> None:
    assert read(**other).body_sha256 != read().body_sha256


def test_an_id_of_another_kind_becomes_a_uuid_of_its_source_and_is_kept() -> None:
    event = read(request_id="chatcmpl-123")
    assert event.external_id == "chatcmpl-123"
    assert event.request_id == read(request_id="chatcmpl-123").request_id
    assert event.request_id != read_usage({**RAW, "request_id": "chatcmpl-123"}, WINDOW, source="gateway").request_id
    assert event.request_id.version == 5


def test_a_uuid_of_any_version_stays_what_it_is() -> None:
    odd = "ab34874e-8ad6-705e-5765-f478d3804632"
    assert read(request_id=odd).request_id == UUID(odd)
    assert read(request_id=odd).external_id is None


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("request_id", "", "is missing"),
        ("customer", None, "is missing"),
        ("provider", "open\x00ai", "holds characters that cannot be printed"),
        ("model", "m" * 201, "is longer than 200 characters"),
        ("input_tokens", "many", "is “many”, must be a whole number"),
        ("input_tokens", "1.5", "is “1.5”, must be a whole number"),
        ("input_tokens", 1.0, "is “1.0”, must be a whole number"),
        ("input_tokens", True, "is “True”, must be a whole number"),
        ("input_tokens", "٣", "is “٣”, must be a whole number"),
        ("input_tokens", "", "is missing"),
        ("output_tokens", -1, "is -1, must not be negative"),
        ("output_tokens", "-44", "is -44, must not be negative"),
        ("output_tokens", LARGEST_TOKENS + 1, "more than 1,000,000,000 is not plausible"),
        ("output_tokens", "9" * 60, "must be a whole number"),
        ("status", "succes", "must be one of cancelled, failed, rate_limited, success"),
        ("request_type", "stream", "must be one of batch, completion, streaming"),
        ("key_mode", "mine", "must be one of own, system"),
        ("vendor_cost_usd", "NaN", "must be a finite number"),
        ("vendor_cost_usd", "Infinity", "must be a finite number"),
        ("vendor_cost_usd", "-0.01", "must not be negative"),
        ("vendor_cost_usd", "0.0000000000001", "has more than 12 decimals"),
        ("vendor_cost_usd", "1e-99999999999", "has more than 12 decimals"),
        ("vendor_cost_usd", "1_000", "must be a decimal number"),
        ("vendor_cost_usd", "\u0663", "must be a decimal number"),
        ("vendor_cost_usd", "1e7", "more than 1,000,000 is not plausible"),
        ("vendor_cost_usd", 0.1, "as text to keep it exact"),
        ("experiment_id", "seven", "must be a UUID"),
        ("metadata", "[1]", "must be a JSON object"),
        ("metadata", '{"a": NaN}', "must be a JSON object"),
        ("metadata", {"a": "x" * 9_000}, "is longer than 8,000 characters"),
        ("metadata", {"a": "\x00"}, "holds the character NUL"),
        ("request_started_at", "yesterday", "must be a time like 2026-09-01T08:30:00Z"),
        ("request_started_at", "2026-09-01T08:30:00", "without a time zone"),
        ("request_started_at", "1999-12-31T23:59:59Z", "before 2000-01-01"),
        ("request_started_at", "2031-01-01T00:00:00Z", "too far in the future"),
        ("request_completed_at", "2026-08-31T23:59:59Z", "before the request started"),
        ("cost_estimated", "maybe", "must be true or false"),
        ("cache_tokens", 5, "is not a field of usage"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_field_and_with_its_reason(field: str, value: object, reason: str) -> None:
    errors = refusal(**{field: value})
    assert list(errors) == [field]
    assert reason in errors[field]


def test_all_bad_fields_are_named_at_once() -> None:
    assert set(refusal(input_tokens="x", status="y", provider="")) == {"input_tokens", "status", "provider"}


def test_a_reported_cost_is_exact() -> None:
    assert read(vendor_cost_usd="0e-99999999999").canonical() == read(vendor_cost_usd="0").canonical()
    assert read(vendor_cost_usd="0.123456789012").vendor_cost_usd == Decimal("0.123456789012")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is slow
@given(
    st.dictionaries(
        st.sampled_from(sorted({*RAW, "metadata", "vendor_cost_usd"})),
        st.one_of(
            st.none(),
            st.text(),
            st.integers(),
            st.floats(),
            st.booleans(),
            st.binary(),
            st.lists(st.integers()),
        ),
    )
)
def test_whatever_is_sent_is_either_read_or_refused_by_field(changes: dict[str, object]) -> None:
    with suppress(InvalidInputError):
        assert len(read(**changes).body_sha256) == 64


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9_000)), st.integers(-14, 14))
def test_the_zone_a_time_is_written_in_does_not_matter(since: timedelta, hours: int) -> None:
    moment = EARLIEST + since
    shifted = moment.replace(tzinfo=None) + timedelta(hours=hours)
    written = f"{shifted.isoformat()}{'-' if hours < 0 else '+'}{abs(hours):02d}:00"
    assert read(request_started_at=written).body_sha256 == read(request_started_at=moment.isoformat()).body_sha256
