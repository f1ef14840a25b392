"""Run the machine on a database: `python -m tests.machine URL --examples 250 --steps 50 --seed 7`; says what failed."""

import argparse
import sys
import time

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.ledgerline import Ledgerline
from tests.machine.machine import machine_of


def run(url: str, examples: int, steps: int, seed: int) -> int:
    """Run the machine; returns how many steps it took. Raises what it found, smallest first, with its blob."""
    ledgerline = Ledgerline(url)
    machine = machine_of(ledgerline)
    try:
        run_state_machine_as_test(
            hypothesis.seed(seed)(machine),
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                print_blob=True,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        ledgerline.clear()
        ledgerline.close()
    return ledgerline.checked


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--examples", type=int, default=250)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    started = time.monotonic()
    steps = run(given.url, given.examples, given.steps, given.seed)
    print(f"seed {given.seed}: {given.examples} × {given.steps}: {steps} steps in {time.monotonic() - started:.0f} s")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
