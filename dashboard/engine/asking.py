"""What is asked before credits are spent: holds and deductions, read, checked and answered."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

from dashboard.engine import fields
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.fields import FieldError, Fields
from dashboard.engine.rating import Tokens
from dashboard.engine.usage import LARGEST_TOKENS, plain, request_id_of

MOST_CREDITS = Decimal(999_999_999_999)
CREDIT_DECIMALS = 6
LONGEST_HOLD_SECONDS = 86_400
TOKEN_FIELDS = ("input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens")
ESTIMATE_FIELDS = frozenset({"provider", "model", *TOKEN_FIELDS})
HOLD_FIELDS = frozenset({"customer", "request_id", "credits", "expires_in_seconds"}) | ESTIMATE_FIELDS
DEDUCT_FIELDS = frozenset({"customer", "request_id", "amount", "reason"})
NO_REQUEST: tuple[UUID, str | None] = (UUID(int=0), None)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A request as its sender expects it to be."""

    provider: str
    model: str
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class HoldWanted:
    """A hold as it is asked for: of credits, or of what an estimate comes to; without `lives` the setting's time."""

    customer: str
    request_id: UUID
    credits: Decimal | None
    estimate: Estimate | None = None
    lives: timedelta | None = None

    def body_sha256(self) -> bytes:
        """Tell a repetition from a contradiction; the customer stands in the key, not in the body."""
        tokens = self.estimate and self.estimate.tokens
        return _digest(
            {
                "credits": None if self.credits is None else plain(self.credits),
                "provider": self.estimate and self.estimate.provider,
                "model": self.estimate and self.estimate.model,
                "tokens": tokens and [tokens.uncached, tokens.cached, tokens.written, tokens.output],
                "lives": self.lives and int(self.lives.total_seconds()),
            }
        )


@dataclass(frozen=True, slots=True)
class DeductWanted:
    """A deduction as it is asked for; the reason is a note of the sender's."""

    customer: str
    request_id: UUID
    amount: Decimal
    reason: str | None = None

    def body_sha256(self) -> bytes:
        """Tell a repetition from a contradiction; no hash made from free text belongs into a ledger."""
        return _digest({"amount": plain(self.amount)})


@dataclass(frozen=True, slots=True)
class Asked:
    """The database's answer: an outcome, and what it found under the customer's lock."""

    outcome: str
    id: UUID | None = None
    seq: int | None = None
    credits: Decimal | None = None
    balance: Decimal | None = None
    spendable: Decimal | None = None
    cap_left: Decimal | None = None
    at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and whose it is."""

    user_id: UUID
    asked: Asked
    request_id: UUID = field(default=UUID(int=0))


class RefusedError(RuleBrokenError):
    """A question was answered with no; `outcome` says which, and nothing was written."""

    def __init__(self, asked: Asked) -> None:
        self.outcome = asked.outcome
        self.asked = asked
        super().__init__(f"{_words(asked)} Nothing was changed.")


class UnknownHoldError(RuleBrokenError):
    """There is no hold of this id."""

    def __init__(self) -> None:
        super().__init__("There is no such hold. Nothing was changed.")


def read_hold(raw: Mapping[str, object]) -> HoldWanted:
    """Read a hold of credits or of estimated tokens; raise InvalidInputError naming every field that cannot be taken."""
    given = given_for(raw, HOLD_FIELDS)
    by_credits = raw.get("credits") is not None
    if not by_credits and not raw.keys() & ESTIMATE_FIELDS:
        given.errors["credits"] = "is missing: give credits, or provider, model and the tokens you expect"
    estimate = None if by_credits else estimate_in(given, raw)
    if by_credits:
        given.errors.update(
            dict.fromkeys(raw.keys() & ESTIMATE_FIELDS, "cannot stand beside credits: ask for one or the other")
        )
    wanted = HoldWanted(
        customer=given.read(raw, "customer", customer, ""),
        request_id=given.read(raw, "request_id", request_id_of, NO_REQUEST)[0],
        credits=given.read(raw, "credits", positive_credits, Decimal(0)) if by_credits else None,
        estimate=estimate,
        lives=given.read(raw, "expires_in_seconds", _lives, None),
    )
    given.refuse_if_any()
    return wanted


def read_deduct(raw: Mapping[str, object]) -> DeductWanted:
    """Read a deduction; raise InvalidInputError naming every field that cannot be taken."""
    given = given_for(raw, DEDUCT_FIELDS)
    wanted = DeductWanted(
        customer=given.read(raw, "customer", customer, ""),
        request_id=given.read(raw, "request_id", request_id_of, NO_REQUEST)[0],
        amount=given.read(raw, "amount", positive_credits, Decimal(0)),
        reason=None if raw.get("reason") is None else given.read(raw, "reason", fields.text, None),
    )
    given.refuse_if_any()
    return wanted


def given_for(raw: Mapping[str, object], known: frozenset[str]) -> Fields:
    """Begin to read a body; what is not a known field is an error."""
    given = Fields()
    given.errors.update(dict.fromkeys(raw.keys() - known, "is not a field of this request"))
    return given


def customer(value: object) -> str:
    """Return a customer's id or lower-cased e-mail."""
    return fields.text(value, longest=254).lower()


def positive_credits(value: object) -> Decimal:
    """Return a number of credits above zero with at most 6 decimals."""
    number = fields.amount(value, MOST_CREDITS, CREDIT_DECIMALS)
    if number == 0:
        raise FieldError("must be above zero")
    return number


def estimate_in(given: Fields, raw: Mapping[str, object]) -> Estimate:
    """Read the request somebody expects to make."""
    counts = [given.read(raw, name, _tokens, 0) for name in TOKEN_FIELDS]
    return Estimate(
        provider=given.read(raw, "provider", lambda value: fields.text(value).lower(), ""),
        model=given.read(raw, "model", fields.text, ""),
        tokens=Tokens(*counts),
    )


def _tokens(value: object) -> int:
    return 0 if value is None else fields.whole_number(value, LARGEST_TOKENS)


def _lives(value: object) -> timedelta | None:
    return None if value is None else timedelta(seconds=fields.whole_number(value, LONGEST_HOLD_SECONDS, least=1))


def _words(asked: Asked) -> str:
    spendable = plain(asked.spendable or Decimal(0))
    return {
        "short": f"The customer can spend {spendable} credits, {plain(asked.credits or Decimal(0))} were asked for.",
        "over_cap": f"The customer's monthly cap leaves {plain(max(Decimal(0), asked.cap_left or Decimal(0)))} credits.",
        "suspended": "This customer is suspended and cannot hold or spend credits.",
        "cancelled": "This customer has cancelled and cannot hold or spend credits.",
        "erased": "This customer has been erased.",
        "conflict": "This request id was used before for something else; the first stays.",
        "unpriced": "This model has no price, so its credits cannot be estimated; ask for a number of credits.",
        "released": "This hold was released. Report what was used all the same as usage.",
        "settled": "This hold was settled already: what was used has been charged.",
        "other_request": "This hold is for another request or another customer.",
        "over_limit_per_call": "This is more than the key may move in one call.",
        "over_limit_per_day": "This is more than the key may still move today (UTC).",
    }.get(asked.outcome, "This was refused.")


def _digest(body: Mapping[str, object]) -> bytes:
    return sha256(json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).digest()
