"""The heavy part of a replay: a million requests rated under several sets of prices and added up in the database."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from decimal import Decimal
from itertools import islice

from sqlalchemy import Connection

from dashboard.engine.impact import Rate
from dashboard.engine.replayed import Sums
from dashboard.reports.pricing.spells import Window
from dashboard.sql import Query

sums_of = Query("pricing/replay/sums", Sums)


def column_of(firsts: Sequence[int]) -> list[int]:
    """Number the columns of sums: sets of prices that charge the same share one. The first set has the first."""
    distinct = sorted(set(firsts))
    return [distinct.index(first) for first in firsts]


def firsts_of(columns: Sequence[int]) -> list[int]:
    """The first set of prices of every column."""
    return [columns.index(column) for column in range(max(columns) + 1)]


def parts(window: Window, days: int | None, readers: int) -> list[Window]:
    """Cut a window into parts of at most so many days, as many for each reader."""
    start, end = window
    rounds = 1 if days is None else -((start - end) // (timedelta(days=days) * readers))
    number = readers * max(1, rounds)
    cuts = [start + (end - start) * place / number for place in range(number)]
    return list(zip(cuts, [*cuts[1:], end], strict=True))


def read(
    connection: Connection, beside: Connection | None, parts: Sequence[Window], asked: Mapping[str, object]
) -> Iterator[list[Sums]]:
    """Add up part after part, two at a time where there are two connections; each as it is finished."""
    if beside is None:
        for start, end in parts:
            yield sums_of.all(connection, start=start, end=end, **asked)
        return
    waiting = iter(parts)
    running: dict[Future[list[Sums]], Connection] = {}
    with ThreadPoolExecutor(2) as readers:
        free = [connection, beside]
        while True:
            for (start, end), own in zip(islice(waiting, len(free)), list(free), strict=False):
                free.remove(own)
                running[readers.submit(sums_of.all, own, start=start, end=end, **asked)] = own
            if not running:
                return
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                free.append(running.pop(done))
                yield done.result()


def rates_asked(rates: Sequence[Rate], step: Decimal, columns: Sequence[int]) -> str:
    """Write what every rate charges in every column."""
    places = firsts_of(columns)
    return json.dumps([_row(rate, step, places) for rate in rates])


def rates_by_column(rates: Sequence[Rate], step: Decimal, places: Sequence[int]) -> str:
    """Write every rate once for each column."""
    return json.dumps(
        [
            {**_base(rate), "price_column": column, **_term(rate, place, step)}
            for rate in rates
            for column, place in enumerate(places)
        ]
    )


def _row(rate: Rate, step: Decimal, places: Sequence[int]) -> dict[str, object]:
    row = _base(rate)
    for column, place in enumerate(places):
        row |= {f"{name}{column}": value for name, value in _term(rate, place, step).items()}
    return row


def _term(rate: Rate, place: int, step: Decimal) -> dict[str, object]:
    term = rate.terms[place]
    return {
        "f": None if term.factor is None else f"{term.factor:f}",
        "m": f"{term.multiplier:f}",
        "u": f"{term.step_usd:f}",
        "n": int(term.policy.increment / step),
    }


def _base(rate: Rate) -> dict[str, object]:
    pair = rate.pair
    return {
        "no": rate.no,
        "tier": pair.tier,
        "provider_id": str(pair.provider_id),
        "model_id": pair.model_id,
        "starts_at": rate.starts_at.isoformat(),
        "ends_at": rate.ends_at.isoformat(),
    }
