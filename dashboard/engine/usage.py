"""What a request reports about itself: read, checked and brought into one form.

Files and the API share this. The same request read twice gives the same body
and the same SHA-256, however its numbers and times were written.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from dashboard.engine import fields
from dashboard.engine.fields import FieldError
from dashboard.engine.money import REPORTED_DECIMALS
from dashboard.engine.rating import Tokens

REQUEST_TYPES = frozenset({"completion", "streaming", "batch"})
STATUSES = frozenset({"success", "failed", "cancelled", "rate_limited"})
KEY_MODES = frozenset({"system", "own"})
# Far beyond any model, and low enough that no product leaves the books' columns.
LARGEST_TOKENS = 1_000_000_000
LARGEST_COST_USD = Decimal(1_000_000)
LONGEST_METADATA = 8_000
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
EXTERNAL_IDS = uuid5(NAMESPACE_URL, "https://ledgerline.example/external-id")

REQUIRED = frozenset(
    {"request_id", "customer", "provider", "model", "input_tokens", "output_tokens", "request_started_at"}
)
OPTIONAL = frozenset(
    {
        "service",
        "request_type",
        "status",
        "key_mode",
        "cached_input_tokens",
        "cache_write_tokens",
        "vendor_cost_usd",
        "cost_estimated",
        "experiment_id",
        "metadata",
        "request_completed_at",
    }
)
KNOWN = REQUIRED | OPTIONAL

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Window:
    """When a request may have started: [earliest, latest]."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """One request in its one form. `customer` is an id or a lower-cased e-mail; no key_mode means nobody said."""

    customer: str
    request_id: UUID
    external_id: str | None
    provider: str
    model: str
    service: str
    request_type: str
    status: str
    key_mode: str | None
    tokens: Tokens
    vendor_cost_usd: Decimal | None
    cost_estimated: bool
    experiment_id: UUID | None
    metadata: str | None
    started_at: datetime
    completed_at: datetime | None
    # What tells a repetition from a contradiction: the SHA-256 of the canonical body, in hex.
    body_sha256: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "body_sha256", sha256(self.canonical()).hexdigest())

    def canonical(self) -> bytes:
        """Return the body as JSON with sorted keys, no spaces, UTF-8, times in UTC with microseconds.

        Who the customer is stands in the key, not in the body: the same person
        may be named by id or by e-mail, and e-mails never enter the books.
        """
        return _canonical_json(
            {
                "cache_write_tokens": self.tokens.written,
                "cached_input_tokens": self.tokens.cached,
                "cost_estimated": self.cost_estimated,
                "experiment_id": _text_or_none(self.experiment_id),
                "input_tokens": self.tokens.uncached,
                "key_mode": self.key_mode,
                "metadata": self.metadata,
                "model": self.model,
                "output_tokens": self.tokens.output,
                "provider": self.provider,
                "request_completed_at": self.completed_at and utc_text(self.completed_at),
                "request_id": str(self.request_id),
                "request_started_at": utc_text(self.started_at),
                "request_type": self.request_type,
                "service": self.service,
                "status": self.status,
                "vendor_cost_usd": None if self.vendor_cost_usd is None else plain(self.vendor_cost_usd),
            }
        )


def read_usage(raw: Mapping[str, object], window: Window, source: str = "usage") -> UsageEvent:
    """Read one raw request; raise InvalidInputError naming every field that cannot be taken."""
    given = _Given(raw)
    for name in raw.keys() - KNOWN:
        given.errors[name] = "is not a field of usage"
    nobody: tuple[UUID, str | None] = (UUID(int=0), None)
    request_id, external_id = given.take("request_id", lambda value: request_id_of(value, source), nobody)
    started_at = given.take("request_started_at", lambda value: _within(value, window), EARLIEST)
    event = UsageEvent(
        customer=given.take("customer", _customer, ""),
        request_id=request_id,
        external_id=external_id,
        provider=given.take("provider", lambda value: fields.text(value).lower(), ""),
        model=given.take("model", fields.text, ""),
        service=given.take("service", fields.text, "chat"),
        request_type=given.take("request_type", lambda value: fields.choice(value, REQUEST_TYPES), "completion"),
        status=given.take("status", lambda value: fields.choice(value, STATUSES), "success"),
        key_mode=given.take("key_mode", lambda value: fields.choice(value, KEY_MODES), None),
        tokens=Tokens(
            uncached=given.take("input_tokens", _tokens, 0),
            cached=given.take("cached_input_tokens", _tokens, 0),
            written=given.take("cache_write_tokens", _tokens, 0),
            output=given.take("output_tokens", _tokens, 0),
        ),
        vendor_cost_usd=given.take("vendor_cost_usd", _cost, None),
        cost_estimated=given.take("cost_estimated", fields.flag, default=False),
        experiment_id=given.take("experiment_id", fields.identifier, None),
        metadata=given.take("metadata", _metadata, None),
        started_at=started_at,
        completed_at=given.take("request_completed_at", lambda value: _after(value, started_at), None),
    )
    given.refuse_if_any()
    return event


def request_id_of(value: object, source: str = "usage") -> tuple[UUID, str | None]:
    """Return the id of a request, and how its sender called it where that is no UUID: UUIDv5(source, name)."""
    given = fields.text(value)
    found = fields.as_uuid(given)
    if found is not None:
        return found, None
    return uuid5(uuid5(EXTERNAL_IDS, source), given), given


def fingerprint(raw: Mapping[str, object]) -> bytes:
    """Return the SHA-256 of an event as it was sent, so that a refused one is kept once however often it comes."""
    written = json.dumps(raw, sort_keys=True, separators=(",", ":"), default=str)
    return sha256(written.encode()).digest()


def utc_text(moment: datetime) -> str:
    """Return a moment in the one way it is written: 2026-09-01T08:30:00.000000Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def plain(number: Decimal) -> str:
    """Return a decimal in the one way it is written: no exponent, no trailing zeros."""
    written = f"{number:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


class _Given(fields.Fields):
    """The raw fields, read one by one; an absent optional field takes its default."""

    def __init__(self, raw: Mapping[str, object]) -> None:
        super().__init__()
        self._raw = raw

    def take(self, name: str, take: Callable[[object], T], default: T) -> T:
        if name in OPTIONAL and (self._raw.get(name) is None or self._raw[name] == ""):
            return default
        return self.read(self._raw, name, take, default)


def _customer(value: object) -> str:
    return fields.text(value, longest=254).lower()


def _tokens(value: object) -> int:
    return fields.whole_number(value, LARGEST_TOKENS)


def _cost(value: object) -> Decimal:
    return fields.amount(value, LARGEST_COST_USD, REPORTED_DECIMALS)


def _within(value: object, window: Window) -> datetime:
    moment = fields.instant(value)
    if moment < window.earliest:
        raise FieldError(f"is {fields.shown(value)}, before {window.earliest:%Y-%m-%d %H:%M} UTC")
    if moment > window.latest:
        raise FieldError(f"is {fields.shown(value)}, after {window.latest:%Y-%m-%d %H:%M} UTC, too far in the future")
    return moment


def _after(value: object, started_at: datetime) -> datetime:
    moment = fields.instant(value)
    if moment < started_at:
        raise FieldError(f"is {fields.shown(value)}, before the request started")
    return moment


def _metadata(value: object) -> str:
    """Return the metadata as canonical JSON; it is kept, never interpreted."""
    try:
        found = json.loads(value, parse_constant=_no_constant) if isinstance(value, str) else value
        written = _canonical_json(found).decode()
    except (ValueError, TypeError, RecursionError):
        raise FieldError("must be a JSON object") from None
    if not isinstance(found, Mapping):
        raise FieldError("must be a JSON object")
    if len(written) > LONGEST_METADATA:
        raise FieldError(f"is longer than {LONGEST_METADATA:,} characters")
    if "\\u0000" in written:
        raise FieldError("holds the character NUL, which cannot be stored")
    return written


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _canonical_json(value: object) -> bytes:
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=str)
    return written.encode()


def _text_or_none(value: UUID | None) -> str | None:
    return None if value is None else str(value)
