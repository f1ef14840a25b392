"""How often each API key asks: counted in memory, exactly in this process, and nowhere near a transaction.

Every web worker counts for itself: with two of them a key may ask twice as often as its limit. A counter
shared in the database would be one common row on the path of every charge.
"""

from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from uuid import UUID

from flask import Flask, Response, g

WINDOW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Rate:
    """Where a key stands in the running minute, this call included."""

    limit: int
    asked: int
    seconds_left: int

    @property
    def is_over(self) -> bool:
        """True from the first call beyond the limit."""
        return self.asked > self.limit

    @property
    def headers(self) -> dict[str, str]:
        """`RateLimit-Policy` and `RateLimit` as the IETF draft writes them, `Retry-After` when it is over."""
        left = max(0, self.limit - self.asked)
        shown = {
            "RateLimit-Policy": f'"minute";q={self.limit};w={WINDOW_SECONDS}',
            "RateLimit": f'"minute";r={left};t={self.seconds_left}',
        }
        return {**shown, "Retry-After": str(self.seconds_left)} if self.is_over else shown


class _Counter:
    """Calls by key in one minute; a new minute forgets the last."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.minute = 0
        self.asked: dict[UUID, int] = {}

    def add(self, key: UUID, minute: int) -> int:
        with self.lock:
            if minute != self.minute:
                self.minute, self.asked = minute, {}
            self.asked[key] = asked = self.asked.get(key, 0) + 1
            return asked


_counter = _Counter()


def register(app: Flask) -> None:
    """Say on every answer to a key where it stands."""
    app.after_request(_show)


def count(api_key_id: UUID, limit: int, now: datetime) -> Rate:
    """Count one call of a key."""
    minute, second = divmod(int(now.timestamp()), WINDOW_SECONDS)
    rate = Rate(limit, _counter.add(api_key_id, minute), WINDOW_SECONDS - second)
    g.api_key_rate = rate
    return rate


def _show(response: Response) -> Response:
    rate: Rate | None = g.get("api_key_rate")
    if rate is not None:
        response.headers.update(rate.headers)
    return response
