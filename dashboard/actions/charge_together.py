"""Requests that wait for the database at the same moment go there together: one statement and one commit for all.

Who comes while nobody is being charged goes at once, alone. Who comes meanwhile waits, at most PATIENCE;
when the statement ends, the first of those who wait takes all of them along. Every one gets what it would have
been told alone: who cannot be charged with the others is charged alone.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from threading import Lock

from dashboard.db import single_statement
from dashboard.engine.receipts import Receipt
from dashboard.store.charging import charge_one, charge_together

MOST_TOGETHER = 64
# A statement seldom takes longer; whoever is held up by one that does goes on beside it.
PATIENCE = timedelta(milliseconds=20)

# `event` (JSON text), `api_key_id` and `now`, as charge_one takes them.
Given = dict[str, object]


def alone(given: Given) -> Receipt:
    """Charge one request in a statement of its own; waits for whoever holds the customer."""
    return single_statement(lambda driver: charge_one.directly(driver, **given))


def together(given: Sequence[Given]) -> list[Receipt]:
    """Charge several in one statement, one after the other; those whose customer is held are `busy`."""
    asked = as_batch(given)
    return single_statement(lambda driver: charge_together.all_directly(driver, **asked))


def as_batch(given: Sequence[Given]) -> Given:
    """Return what several requests are given as what one statement is given."""
    return {
        "events": f"[{','.join(str(one['event']) for one in given)}]",
        "api_key_ids": [one["api_key_id"] for one in given],
        "moments": [one["now"] for one in given],
    }


class _State(Enum):
    WAITING = auto()
    LEADS = auto()
    IS_TAKEN = auto()


@dataclass(slots=True)
class _Turn:
    """One request that waits; the gate opens when it is to lead, or when it was charged by another."""

    given: Given
    gate: Lock = field(default_factory=Lock)
    state: _State = _State.WAITING
    receipt: Receipt | None = None

    def __post_init__(self) -> None:
        self.gate.acquire()


class Gathering:
    """Those who wait to be charged, in one process."""

    def __init__(
        self,
        alone: Callable[[Given], Receipt] = alone,
        together: Callable[[Sequence[Given]], Sequence[Receipt]] = together,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._alone, self._together, self._patience = alone, together, patience
        self._lock = Lock()
        self._running = 0
        self._waiting: deque[_Turn] = deque()

    @property
    def waiting(self) -> int:
        """How many wait at this moment."""
        return len(self._waiting)

    def charge(self, given: Given) -> Receipt:
        """Charge one request, with others if they wait at the same moment; raises as charging it alone does."""
        turn = self._queued(given)
        if turn is None:
            return self._lead_nobody(given)
        self._wait(turn)
        if turn.state is _State.LEADS:
            others = self._taken()
            if not others:
                return self._lead_nobody(given)
            self._lead(turn, others)
        if turn.receipt is None or turn.receipt.outcome == "busy":
            return self._alone(given)
        return turn.receipt

    def _queued(self, given: Given) -> _Turn | None:
        """Take a place among those who wait, or none if nobody is being charged."""
        with self._lock:
            if self._running:
                turn = _Turn(given)
                self._waiting.append(turn)
                return turn
            self._running = 1
            return None

    def _wait(self, turn: _Turn) -> None:
        if turn.gate.acquire(timeout=self._patience.total_seconds()):
            return
        with self._lock:
            if turn.state is _State.WAITING:
                self._waiting.remove(turn)
                turn.state = _State.LEADS
                self._running += 1
        if turn.state is _State.IS_TAKEN:
            turn.gate.acquire()

    def _lead_nobody(self, given: Given) -> Receipt:
        try:
            return self._alone(given)
        finally:
            self._hand_over()

    def _lead(self, turn: _Turn, others: Sequence[_Turn]) -> None:
        """Charge them all in one statement; whatever happens, nobody is left waiting."""
        turns = [turn, *others]
        receipts: Sequence[Receipt] = ()
        try:
            receipts = self._together([one.given for one in turns])
        except Exception:  # noqa: BLE001 - whatever it was, each is charged alone and told what is wrong with it
            receipts = ()
        finally:
            self._hand_over()
            for one, receipt in zip(turns, receipts, strict=False):
                one.receipt = receipt
            for one in others:
                one.gate.release()

    def _taken(self) -> list[_Turn]:
        with self._lock:
            taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_TOGETHER - 1))]
            for turn in taken:
                turn.state = _State.IS_TAKEN
            return taken

    def _hand_over(self) -> None:
        """End a statement; with none left, the first who waits leads the next."""
        with self._lock:
            self._running -= 1
            if self._waiting and not self._running:
                self._running = 1
                leader = self._waiting.popleft()
                leader.state = _State.LEADS
                leader.gate.release()
