"""Who waits, who leads, and that nobody is left waiting, without a database."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest

from dashboard.actions.charge_together import MOST_TOGETHER, Gathering, Given
from dashboard.engine.receipts import Receipt

PATIENCE_SECONDS = 10
Together = Callable[[Sequence[Given]], Sequence[Receipt]]


class Till:
    """Charges one at a time or several together, and notes who came how; the first waits until it may end."""

    def __init__(self, together: Together | None = None, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.alone: list[object] = []
        self.batches: list[list[object]] = []
        self.first_may_end = Event()
        self._together = together or (lambda given: [Receipt("charged", None, None) for _ in given])
        self.gathering = Gathering(self._charge, self._charge_all, timedelta(seconds=patience_seconds))

    def _charge(self, given: Given) -> Receipt:
        self.alone.append(given["event"])
        if given["event"] == 0:
            assert self.first_may_end.wait(PATIENCE_SECONDS)
        if given["event"] == "bad":
            message = "not one for the books"
            raise ValueError(message)
        return Receipt("charged alone", None, None)

    def _charge_all(self, given: Sequence[Given]) -> Sequence[Receipt]:
        self.batches.append([one["event"] for one in given])
        return self._together(given)

    def waiting(self, pool: ThreadPoolExecutor, *events: object) -> list[Future[Receipt]]:
        """Begin the first, then the others one after the other: all wait for it."""
        first = self.begin(pool, 0)
        until(lambda: self.alone == [0])
        asked = [first]
        for event in events:
            asked.append(self.begin(pool, event))
            until(self._wait(len(asked) - 1))
        return asked

    def _wait(self, count: int) -> Callable[[], bool]:
        return lambda: self.gathering.waiting == count

    def begin(self, pool: ThreadPoolExecutor, event: object) -> Future[Receipt]:
        return pool.submit(self.gathering.charge, {"event": event, "api_key_id": None, "now": None})


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def outcomes(asked: list[Future[Receipt]]) -> list[str]:
    return [one.result(PATIENCE_SECONDS).outcome for one in asked]


def test_who_comes_while_nobody_is_charged_goes_at_once_and_alone() -> None:
    till = Till()
    till.first_may_end.set()
    with ThreadPoolExecutor(1) as pool:
        for number in range(3):
            assert outcomes([till.begin(pool, number)]) == ["charged alone"]
    assert (till.alone, till.batches) == ([0, 1, 2], [])


def test_those_who_wait_go_together_in_the_order_they_came() -> None:
    till = Till()
    with ThreadPoolExecutor(4) as pool:
        asked = till.waiting(pool, 1, 2, 3)
        till.first_may_end.set()
        assert outcomes(asked) == ["charged alone", "charged", "charged", "charged"]
        assert till.batches == [[1, 2, 3]]
        # And who comes afterwards goes alone again.
        assert outcomes([till.begin(pool, 4)]) == ["charged alone"]


def test_whom_another_transaction_holds_is_charged_alone() -> None:
    till = Till(lambda given: [Receipt("busy" if one["event"] == 2 else "charged", None, None) for one in given])
    with ThreadPoolExecutor(4) as pool:
        asked = till.waiting(pool, 1, 2, 3)
        till.first_may_end.set()
        assert outcomes(asked) == ["charged alone", "charged", "charged alone", "charged"]


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_one_bad_request_spoils_no_other_and_hears_of_it_itself(error: type[BaseException]) -> None:
    def refuse(_: Sequence[Given]) -> Sequence[Receipt]:
        raise error

    till = Till(refuse)
    with ThreadPoolExecutor(5) as pool:
        leader_dies = error is SystemExit
        first, leader, *others = till.waiting(pool, 1, 2, "bad", 3)
        till.first_may_end.set()
        assert outcomes([first, others[0], others[2]]) == ["charged alone"] * 3
        with pytest.raises(ValueError, match="books"):
            others[1].result(PATIENCE_SECONDS)
        if leader_dies:
            with pytest.raises(SystemExit):
                leader.result(PATIENCE_SECONDS)
        else:
            assert outcomes([leader]) == ["charged alone"]
        assert outcomes([till.begin(pool, 4)]) == ["charged alone"]


def test_nobody_waits_long_for_a_statement_that_is_held_up() -> None:
    till = Till(patience_seconds=0.01)
    with ThreadPoolExecutor(3) as pool:
        first = till.begin(pool, 0)
        until(lambda: till.alone == [0])
        assert {*outcomes([till.begin(pool, 1), till.begin(pool, 2)])} <= {"charged", "charged alone"}
        assert not first.done()
        till.first_may_end.set()
        assert outcomes([first, till.begin(pool, 3)]) == ["charged alone"] * 2


def test_a_statement_takes_a_bounded_number_along() -> None:
    till = Till()
    with ThreadPoolExecutor(MOST_TOGETHER + 3) as pool:
        asked = till.waiting(pool, *range(1, MOST_TOGETHER + 3))
        till.first_may_end.set()
        assert outcomes(asked)[1:] == ["charged"] * (MOST_TOGETHER + 2)
    assert [len(batch) for batch in till.batches] == [MOST_TOGETHER, 2]
