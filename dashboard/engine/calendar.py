"""Months as people mean them: the 31st of a short month is its last day, and the anchor is kept."""

from calendar import monthrange
from datetime import UTC, datetime


def day_of_month(year: int, month: int, day: int) -> datetime:
    """Return midnight UTC of that day, clamped to the month's last; months may run past a year's ends."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return datetime(year, month, min(day, monthrange(year, month)[1]), tzinfo=UTC)


def months_later(moment: datetime, months: int, anchor: int) -> datetime:
    """Return the moment whole months later, at its time of day, on the anchor day or the month's last."""
    day = day_of_month(moment.year, moment.month + months, anchor)
    return datetime.combine(day.date(), moment.timetz())
