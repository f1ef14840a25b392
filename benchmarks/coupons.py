"""Coupons: how long the twelve checks of one take, with rules and limits, among 100,000."""

import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from uuid import UUID

from sqlalchemy import Connection, text

from benchmarks.results import Result
from benchmarks.scratch import Scratch
from dashboard.actions.judging_coupons import RedemptionWanted, judge_coupon
from dashboard.db import snapshot

COUPONS, CUSTOMERS, CHECKS, WARM = 100_000, 20_000, 3_000, 50
BAR_MS = 5
FILLING = Path(__file__).with_name("coupons.sql")


def measure(scratch: Scratch) -> list[Result]:
    with scratch.owner() as owner:
        for statement in FILLING.read_text().split(";\n"):
            owner.execute(statement.encode())
    with scratch.app.app_context():
        took = sorted(_checks(Random(7)))
    p99 = took[len(took) * 99 // 100]
    return [
        Result(
            f"twelve checks, one of {COUPONS:,} coupons: p99 of {CHECKS:,}",
            f"{p99:.1f} ms",
            f"< {BAR_MS} ms",
            p99 < BAR_MS,
        ),
        Result("the same, median", f"{median(took):.1f} ms", "", None),
    ]


def _checks(chance: Random) -> list[float]:
    with snapshot() as connection:
        customers = list(connection.execute(text("select id from users order by id limit 20000")).scalars())
        return [
            _check(connection, chance.choice(customers), f"CODE-{chance.randint(1, COUPONS)}")
            for _ in range(WARM + CHECKS)
        ][WARM:]


def _check(connection: Connection, user_id: UUID, code: str) -> float:
    started = time.perf_counter()
    judged = judge_coupon(connection, RedemptionWanted(user_id, code), datetime.now(UTC))
    took = (time.perf_counter() - started) * 1000
    if len(judged.checks) != 12:
        raise RuntimeError(code)
    return took
