"""The shapes usage comes in, brought into the fields of our own event (engine/usage.py reads those).

Vendors count cached tokens differently: OpenAI, Google and OpenTelemetry inside the input, Anthropic beside
it. Ours are four buckets that do not overlap and add up to what was billed.
"""

from collections.abc import Mapping

from dashboard.engine import fields
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.fields import FieldError
from dashboard.engine.usage import LARGEST_TOKENS

BUCKETS = ("input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens")
BESIDE = frozenset({"cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation"})
OTEL = "gen_ai."
# How OpenTelemetry calls providers, where we call them otherwise.
OTEL_PROVIDERS = {
    "az.ai.openai": "azure",
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "gemini": "google",
    "vertex_ai": "google",
    "gcp.gemini": "google",
    "gcp.vertex_ai": "google",
    "gcp.gen_ai": "google",
}
UNKNOWN_SHAPE = (
    "is in no shape known here: prompt_tokens and completion_tokens, input_tokens and output_tokens, "
    "or promptTokenCount and candidatesTokenCount"
)


def as_event(raw: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of our event; raise InvalidInputError by field where a shape contradicts itself."""
    event = _without_attributes(raw)
    usage = event.pop("usage", None)
    if usage is not None:
        doubled = [name for name in BUCKETS if name in event]
        if doubled:
            raise InvalidInputError(dict.fromkeys(doubled, "is given beside `usage`; send one of them"))
        event.update(_buckets(_Counts(usage, "usage")))
    return event


def opened(envelope: Mapping[str, object]) -> tuple[dict[str, object], str]:
    """Return the event inside a CloudEvent 1.0 and its source; the source and the id name the request."""
    errors = _Envelope()
    if envelope.get("specversion") != "1.0":
        errors.errors["specversion"] = "must be “1.0”"
    given_id, source = (errors.read(envelope, name, fields.text, "") for name in ("id", "source"))
    errors.read(envelope, "type", fields.text, "")
    data = envelope.get("data")
    if not isinstance(data, Mapping):
        errors.errors["data"] = "must be a JSON object: the usage"
    errors.refuse_if_any()
    event = as_event(data) if isinstance(data, Mapping) else {}
    if event.setdefault("request_id", given_id) != given_id:
        raise InvalidInputError({"data.request_id": "is not the id of the CloudEvent; leave it out"})
    event.setdefault("customer", envelope.get("subject"))
    # Not the time of arrival: the same event sent again must be the same event.
    event.setdefault("request_started_at", envelope.get("time"))
    return event, source


class _Envelope(fields.Fields):
    """The attributes around an event."""


class _Counts:
    """Token counts of a vendor's usage body, by the path they stand at."""

    def __init__(self, body: object, path: str) -> None:
        if not isinstance(body, Mapping):
            raise InvalidInputError({path: "must be a JSON object"})
        self.body = body
        self.path = path

    def at(self, *names: str) -> int:
        """Return the count at a path; absent and null are none."""
        found: object = self.body
        for depth, name in enumerate(names):
            if not isinstance(found, Mapping):
                raise InvalidInputError({self.named(*names[:depth]): "must be a JSON object"})
            found = found.get(name)
            if found is None:
                return 0
        return self._count(found, *names)

    def must(self, name: str) -> int:
        """Return a count that a body of this shape always has."""
        return self._count(self.body.get(name), name)

    def named(self, *names: str) -> str:
        """Return how a path is called in a message."""
        return ".".join(name for name in (self.path, *names) if name)

    def refuse_total(self, name: str, total: int) -> None:
        """Refuse a total that is not the sum of what we took: something billed would be lost."""
        given = self.body.get(name)
        said = total if given is None else self._count(given, name, largest=len(BUCKETS) * LARGEST_TOKENS)
        if said != total:
            raise InvalidInputError({self.named(name): f"is {said}, but its parts add up to {total}"})

    def _count(self, found: object, *names: str, largest: int = LARGEST_TOKENS) -> int:
        try:
            return fields.whole_number(found, largest)
        except FieldError as error:
            raise InvalidInputError({self.named(*names): str(error)}) from None


def _buckets(usage: _Counts) -> dict[str, object]:
    keys = usage.body.keys()
    if "prompt_tokens" in keys and not keys & BESIDE:
        return _openai(usage, "prompt_tokens", "completion_tokens")
    if "input_tokens" in keys and not keys & BESIDE:
        return _openai(usage, "input_tokens", "output_tokens")
    if "input_tokens" in keys and "input_tokens_details" not in keys:
        return _anthropic(usage)
    if "promptTokenCount" in keys:
        return _google(usage)
    raise InvalidInputError({usage.path: UNKNOWN_SHAPE})


def _openai(usage: _Counts, read: str, written: str) -> dict[str, object]:
    """Chat Completions and Responses: cached ⊂ input, reasoning ⊂ output."""
    asked, output = usage.must(read), usage.at(written)
    usage.refuse_total("total_tokens", asked + output)
    cached = usage.at(f"{read}_details", "cached_tokens")
    return _inside(asked, cached, 0, output, usage.named(f"{read}_details", "cached_tokens"))


def _anthropic(usage: _Counts) -> dict[str, object]:
    """Messages: what was read from the cache and what was written to it stand beside the input."""
    written = usage.at("cache_creation_input_tokens")
    by_lifetime = usage.at("cache_creation", "ephemeral_5m_input_tokens") + usage.at(
        "cache_creation", "ephemeral_1h_input_tokens"
    )
    if usage.body.get("cache_creation") is not None:
        usage.refuse_total("cache_creation_input_tokens", by_lifetime)
        written = by_lifetime
    counts = (usage.must("input_tokens"), usage.at("cache_read_input_tokens"), written, usage.at("output_tokens"))
    return dict(zip(BUCKETS, counts, strict=True))


def _google(usage: _Counts) -> dict[str, object]:
    """Gemini: cached ⊂ prompt; thoughts and the results of tools stand beside."""
    asked = usage.must("promptTokenCount") + usage.at("toolUsePromptTokenCount")
    output = usage.at("candidatesTokenCount") + usage.at("thoughtsTokenCount")
    usage.refuse_total("totalTokenCount", asked + output)
    cached = usage.at("cachedContentTokenCount")
    return _inside(asked, cached, 0, output, usage.named("cachedContentTokenCount"))


def _without_attributes(raw: Mapping[str, object]) -> dict[str, object]:
    """Take the attributes of a GenAI span, standing alone or under `attributes`, for our own fields."""
    event = {name: value for name, value in raw.items() if not name.startswith(OTEL)}
    found = {name: value for name, value in raw.items() if name.startswith(OTEL)}
    attributes = event.get("attributes")
    if isinstance(attributes, Mapping):
        del event["attributes"]
        found.update({name: value for name, value in attributes.items() if name.startswith(OTEL)})
    if found:
        event = {**_otel(found), **event}
    return event


def _otel(span: Mapping[str, object]) -> dict[str, object]:
    """OpenTelemetry GenAI (in development; this is the one place that knows it): both cache counts ⊂ input."""
    provider = span.get("gen_ai.provider.name") or span.get("gen_ai.system")
    named = {
        "request_id": span.get("gen_ai.response.id"),
        "provider": OTEL_PROVIDERS.get(provider, provider) if isinstance(provider, str) else provider,
        "model": span.get("gen_ai.response.model") or span.get("gen_ai.request.model"),
        "service": span.get("gen_ai.operation.name"),
    }
    event = {name: value for name, value in named.items() if value is not None}
    if any(name.startswith("gen_ai.usage.") for name in span):
        usage = _Counts(span, "")
        cached, written = (usage.at(f"gen_ai.usage.cache_{way}.input_tokens") for way in ("read", "creation"))
        asked, output = (usage.at(f"gen_ai.usage.{way}_tokens") for way in ("input", "output"))
        event.update(_inside(asked, cached, written, output, "gen_ai.usage.cache_read.input_tokens"))
    return event


def _inside(asked: int, cached: int, written: int, output: int, path: str) -> dict[str, object]:
    if cached + written > asked:
        raise InvalidInputError({path: f"is more than the {asked} tokens it is part of"})
    return dict(zip(BUCKETS, (asked - cached - written, cached, written, output), strict=True))
