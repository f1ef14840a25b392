"""Two years of plans under a simulated clock, seed after seed: every law at every midnight."""

import time

from benchmarks.scratch import Scratch
from tests.clock import Clock

MONTHS = 24


def clock(own: Scratch, seed: int, seeds: int) -> list[str]:
    """Let the clock run for so many seeds; what it finds names the seed and the night."""
    wrong = []
    for one in range(seed, seed + seeds):
        started = time.monotonic()
        story = Clock(own.app, one)
        try:
            story.run(MONTHS, each_night=True)
        except AssertionError as error:
            wrong.append(f"seed {one}: {str(error).splitlines()[0]}")
        print(
            f"  seed {one}: {story.done} acts, {story.refused} refused, {MONTHS} months in "
            f"{time.monotonic() - started:.0f} s",
            flush=True,
        )
    return wrong
