"""How often each API key asks: counted in memory and written every second, nowhere near a transaction.

Every web worker counts for itself and learns once a second what the others counted, so that a limit holds
over all of them to within what arrives in that second. A counter shared in the database would be one common
row on the path of every charge.
"""

import logging
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock, Thread
from uuid import UUID

from flask import Flask, Response, g
from sqlalchemy.exc import SQLAlchemyError

from dashboard.actions.add_key_calls import add_key_calls

WINDOW_SECONDS = 60
WRITTEN_EVERY_SECONDS = 1.0

log = logging.getLogger(__name__)


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


class _Calls:
    """Calls by key and minute: what is known of all workers, and what this one has not written yet."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.minute = 0
        self.known: Counter[UUID] = Counter()
        self.unwritten: Counter[tuple[UUID, int]] = Counter()

    def add(self, key: UUID, minute: int) -> int:
        with self.lock:
            if minute != self.minute:
                self.minute = minute
                self.known.clear()
            self.unwritten[key, minute] += 1
            return self.known[key] + self.unwritten[key, minute]

    def taken(self) -> Counter[tuple[UUID, int]]:
        """Return what is to be written; until it is, it stays known of this worker."""
        with self.lock:
            taken, self.unwritten = self.unwritten, Counter()
            for (key, minute), calls in taken.items():
                if minute == self.minute:
                    self.known[key] += calls
            return taken

    def learn(self, key: UUID, minute: int, calls: int) -> None:
        """Know what all workers have counted."""
        with self.lock:
            if minute == self.minute:
                self.known[key] = calls


_calls = _Calls()


def register(app: Flask) -> None:
    """Say on every answer to a key where it stands."""
    app.after_request(_show)


def count(api_key_id: UUID, limit: int, now: datetime) -> Rate:
    """Count one call of a key."""
    minute, second = divmod(int(now.timestamp()), WINDOW_SECONDS)
    rate = Rate(limit, _calls.add(api_key_id, minute), WINDOW_SECONDS - second)
    g.api_key_rate = rate
    return rate


def write() -> None:
    """Add what was counted to what all workers counted, and learn the sums; what cannot be written is not counted."""
    taken = _calls.taken()
    sums = add_key_calls({(key, _start(minute)): calls for (key, minute), calls in taken.items()})
    for (key, start), calls in sums.items():
        _calls.learn(key, int(start.timestamp()) // WINDOW_SECONDS, calls)


def write_every_second(app: Flask) -> None:
    """Write in the background for as long as this web worker lives."""

    def keep_writing() -> None:
        while True:
            time.sleep(WRITTEN_EVERY_SECONDS)
            try:
                with app.app_context():
                    write()
            except SQLAlchemyError:
                log.warning("The calls of API keys could not be written; a few are not counted.")

    Thread(target=keep_writing, name="rates", daemon=True).start()


def _start(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * WINDOW_SECONDS, UTC)


def _show(response: Response) -> Response:
    rate: Rate | None = g.get("api_key_rate")
    if rate is not None:
        response.headers.update(rate.headers)
    return response
