"""Reading one field of what somebody sent us: the value, or a reason a person can act on."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from uuid import UUID

from dashboard.engine.errors import InvalidInputError
from dashboard.engine.money import decimals

LONGEST_TEXT = 200
LONGEST_NUMBER = 40
UUID_LENGTH = 36
TRUE, FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no", ""})

T = TypeVar("T")


class FieldError(ValueError):
    """Why one field cannot be taken; the message completes "<field>: …"."""


class Fields:
    """Collects the reasons of all fields, so that a sender learns everything at once."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    def read(self, raw: Mapping[str, object], name: str, take: Callable[[object], T], default: T) -> T:
        """Return the field as `take` reads it; keep its reason and return the default if it cannot be taken."""
        try:
            return take(raw.get(name))
        except FieldError as error:
            self.errors[name] = str(error)
            return default

    def refuse_if_any(self) -> None:
        """Raise InvalidInputError when a field could not be taken."""
        if self.errors:
            raise InvalidInputError(self.errors)


def text(value: object, longest: int = LONGEST_TEXT) -> str:
    """Return printable text without surrounding spaces, never empty."""
    if not isinstance(value, str):
        raise FieldError("must be text" if value is not None else "is missing")
    value = value.strip()
    if not value:
        raise FieldError("is missing")
    if len(value) > longest:
        raise FieldError(f"is longer than {longest} characters")
    if not value.isprintable():
        raise FieldError("holds characters that cannot be printed")
    return value


def choice(value: object, allowed: frozenset[str]) -> str:
    """Return the value if it is one of the allowed words."""
    if isinstance(value, str) and value in allowed:
        return value
    if value is None or value == "":
        raise FieldError("is missing")
    raise FieldError(f"is {shown(value)}, must be one of {', '.join(sorted(allowed))}")


def whole_number(value: object, largest: int, least: int = 0) -> int:
    """Return a whole number given as a number or as digits; never a bool, a fraction or a negative one."""
    number = _digits(value)
    if number < least:
        raise FieldError(f"is {number}, must be at least {least}" if least else f"is {number}, must not be negative")
    if number > largest:
        raise FieldError(f"is {shown(value)}, more than {largest:,} is not plausible")
    return number


def _digits(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or value == "":
        raise FieldError("is missing" if _is_empty(value) else f"is {shown(value)}, must be a whole number")
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_NUMBER):
        raise FieldError(f"is {shown(value)}, must be a whole number")
    return int(value)


def amount(value: object, largest: Decimal, places: int) -> Decimal:
    """Return an exact amount ≥ 0 given as text, Decimal or whole number; binary fractions are refused."""
    if isinstance(value, (bool, float)) or not isinstance(value, (int, str, Decimal)):
        raise FieldError(f"is {shown(value)}, must be a decimal number, as text to keep it exact")
    if isinstance(value, str) and len(value) > LONGEST_NUMBER:
        raise FieldError("is too long for a number")
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        # Python reads 1_000 and the digits of every script; nobody else does.
        raise FieldError(f"is {shown(value)}, must be a decimal number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise FieldError(f"is {shown(value)}, must be a decimal number") from None
    if not number.is_finite():
        raise FieldError(f"is {shown(value)}, must be a finite number")
    if number < 0:
        raise FieldError(f"is {shown(value)}, must not be negative")
    if number > largest:
        raise FieldError(f"is {shown(value)}, more than {largest:,f} is not plausible")
    if decimals(number) > places:
        raise FieldError(f"has more than {places} decimals")
    # 0e-99999999999 is a zero too, but written out it fills the memory.
    return number or Decimal(0)


def flag(value: object) -> bool:
    """Return a yes or no given as a bool or as true/false, yes/no, 1/0."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else "" if value is None else shown(value)
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise FieldError(f"is {shown(value)}, must be true or false")


def identifier(value: object) -> UUID:
    """Return a UUID written in its usual form of 36 characters."""
    found = as_uuid(value) if isinstance(value, str) else None
    if found is None:
        raise FieldError(f"is {shown(value)}, must be a UUID")
    return found


def as_uuid(value: str) -> UUID | None:
    """Return the UUID if the text is one in its usual form, else None."""
    if len(value) != UUID_LENGTH:
        return None
    try:
        found = UUID(value)
    except ValueError:
        return None
    return found if str(found) == value.lower() else None


def instant(value: object) -> datetime:
    """Return a moment in UTC; one without a time zone is refused, because nobody can know which it is."""
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, str) and value.strip():
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            raise FieldError(f"is {shown(value)}, must be a time like 2026-09-01T08:30:00Z") from None
    else:
        raise FieldError("is missing" if _is_empty(value) else f"is {shown(value)}, must be a time")
    if moment.tzinfo is None:
        raise FieldError(f"is {shown(value)}, without a time zone; write UTC times like 2026-09-01T08:30:00Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise FieldError(f"is {shown(value)}, outside the calendar") from None


def day_or_instant(value: object) -> datetime:
    """Return a moment in UTC; a plain date is its midnight."""
    if isinstance(value, str) and len(value.strip()) == len("2026-09-01"):
        return instant(f"{value.strip()}T00:00:00+00:00")
    return instant(value)


def _is_empty(value: object) -> bool:
    return value is None or value == ""


def shown(value: object) -> str:
    """Return the value as a person may see it in a message: quoted, short, printable."""
    words = str(value)
    words = words if len(words) <= LONGEST_NUMBER else f"{words[:LONGEST_NUMBER]}…"
    return "“" + "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words) + "”"
