"""How a number, a date and a share are written: the Jinja filters, exactly as the design says."""

from datetime import UTC, date, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
UNKNOWN = DASH
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DIGITS = 60  # numeric(30,18) summed; the default context keeps 28 and would round silently
PERFECT = 100

Number = Decimal | int


def usd(value: Number | None, *, signed: bool = False) -> str:
    """Money with 2 decimals: `$37,436.87`, `−$911.20`, and `–` where there is none."""
    return usd_exact(value, 2, signed=signed)


def usd_exact(value: Number | None, places: int = 8, *, signed: bool = False) -> str:
    """Money in detail, always with the same number of decimals, so that a column lines up."""
    if value is None:
        return UNKNOWN
    rounded = rounded_to(value, places)
    return _sign(rounded, signed=signed) + f"${rounded.copy_abs():,.{places}f}"


def count(value: Number | None, *, signed: bool = False) -> str:
    """Group a whole number: requests, tokens, customers, rows."""
    if value is None:
        return UNKNOWN
    return _sign(Decimal(value), signed=signed) + _grouped(Decimal(value).copy_abs())


def credits(value: Number | None, *, signed: bool = False, unit: bool = False) -> str:
    """Credits, grouped; a part of a credit is shown only where there is one."""
    written = count(value, signed=signed)
    if not unit or value is None:
        return written
    return f"{written} credit" if abs(value) == 1 else f"{written} credits"


def percent(value: Number | None, *, signed: bool = False) -> str:
    """Write a percentage (28.4039 is 28.4%) with one decimal."""
    if value is None:
        return UNKNOWN
    rounded = rounded_to(value, 1)
    return _sign(rounded, signed=signed) + f"{rounded.copy_abs():,.1f}%"


def rate(value: Number | None) -> str:
    """Coverage or success: a percentage that never rounds up to a perfect 100.0%."""
    if value is None:
        return UNKNOWN
    return percent(min(rounded_to(value, 1), Decimal("99.9")) if value < PERFECT else value)


def points(value: Number | None, *, signed: bool = False) -> str:
    """Write a difference of two percentages, in points: `5.9 pp`."""
    return UNKNOWN if value is None else percent(value, signed=signed).replace("%", " pp")


def multiplier(value: Number | None) -> str:
    """Write a multiplier bare, with 2 decimals and up to the 4 it may have: `1.20`, `1.2345`."""
    return UNKNOWN if value is None else _at_least(Decimal(value), 2)


def exact(value: Number | None) -> str:
    """Every digit there is, plain and machine-readable: for `data-value` and exports."""
    if value is None:
        return ""
    written = f"{Decimal(value):f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def full(value: Number | None, unit: str = "") -> str:
    """Every digit there is, grouped for reading: for `title`. The unit is a kind of SHOWN."""
    if value is None:
        return "unknown"
    number = Decimal(value)
    if unit in {"usd", "usd_exact"}:
        return f"{_sign(number)}${_at_least(number.copy_abs(), 2)}"
    after = {"percent": "%", "rate": "%", "points": " pp"}.get(unit, "")
    return _sign(number) + _grouped(number.copy_abs()) + after


def day(value: date, *, year: bool = True) -> str:
    """Write a day: `19 Nov 2026`, without its year `19 Nov`."""
    written = f"{value.day} {MONTHS[value.month - 1]}"
    return f"{written} {value.year}" if year else written


def day_range(first: date, last: date, beside: date | None = None) -> str:
    """Both days named: `21 Oct – 19 Nov 2026`; without the year where it is that of `beside`."""
    year = not (beside and first.year == last.year == beside.year)
    if first == last:
        return day(first, year=year)
    return f"{day(first, year=year and first.year != last.year)} {DASH} {day(last, year=year)}"


def instant(value: datetime, *, seconds: bool = False) -> str:
    """Write a moment in UTC: `20 Nov 2026, 08:00 UTC`; with seconds on receipts."""
    moment = _utc(value)
    return f"{day(moment)}, {moment:{'%H:%M:%S' if seconds else '%H:%M'}} UTC"


def moment(value: datetime, now: datetime, *, seconds: bool = False) -> str:
    """Write a moment as seen from now: `07:45` today, `19 Nov, 16:05` this year, else with its year."""
    then, today = _utc(value), _utc(now)
    clock = f"{then:{'%H:%M:%S' if seconds else '%H:%M'}}"
    if then.date() == today.date() and not seconds:
        return clock
    return f"{day(then, year=then.year != today.year)}, {clock}"


def plural(number: Number, word: str, many: str | None = None) -> str:
    """Write a count with its noun: `1 request`, `1,204 requests`."""
    return f"{count(number)} {word if number == 1 else many or word + 's'}"


def rounded_to(value: Number, places: int) -> Decimal:
    """Round half away from zero, as spreadsheets do, so that screen and XLSX read alike."""
    with localcontext(prec=DIGITS):
        return Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def shares(values: list[Number | None], whole: Number = 100, places: int = 1) -> list[Decimal | None]:
    """Shares of `whole` by largest remainder: they sum to it exactly. None where there is no sum.

    Children sum to their parent when `whole` is the parent's own share.
    """
    with localcontext(prec=DIGITS):
        return _shares(values, Decimal(whole), Decimal(1).scaleb(-places))


def _shares(values: list[Number | None], whole: Decimal, step: Decimal) -> list[Decimal | None]:
    total = sum((Decimal(value) for value in values if value is not None), Decimal(0))
    if not total:
        return [None for _ in values]
    ideal = {i: Decimal(v) / total * whole for i, v in enumerate(values) if v is not None}
    parts = {i: part.quantize(step, ROUND_FLOOR) for i, part in ideal.items()}
    missing = int((whole - sum(parts.values(), Decimal(0))) / step)
    for i in sorted(parts, key=lambda i: (parts[i] - ideal[i], i))[:missing]:
        parts[i] += step
    return [parts.get(i) for i in range(len(values))]


def _sign(value: Decimal, *, signed: bool = False) -> str:
    if value < 0:
        return MINUS
    return "+" if signed and value > 0 else ""


def _grouped(value: Decimal) -> str:
    written = f"{value:,f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def _at_least(value: Decimal, places: int) -> str:
    whole, _, fraction = f"{value:,f}".partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(places, '0')}"


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        message = f"{value} has no time zone; every moment shown is in UTC"
        raise ValueError(message)
    return value.astimezone(UTC)


FILTERS = {
    "usd": usd,
    "usd_exact": usd_exact,
    "count": count,
    "tokens": count,
    "credits": credits,
    "percent": percent,
    "rate": rate,
    "points": points,
    "multiplier": multiplier,
    "exact": exact,
    "full": full,
    "day": day,
    "instant": instant,
    "moment": moment,
    "plural": plural,
}
# `count` is also a Jinja built-in (an alias of `length`); ours takes its name on purpose.
