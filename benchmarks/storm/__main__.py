"""`make storm ARGS="--charges 200000 --seed 7"`: each storm on a database of its own; 1 if anything is wrong."""

import argparse
import secrets
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.scratch import ROOT, Scratch, scratch
from benchmarks.storm.approvals import contested_approvals
from benchmarks.storm.audit import Tampering, tampering
from benchmarks.storm.charges import Size, storm
from benchmarks.storm.clock import clock
from benchmarks.storm.company import Connection
from benchmarks.storm.contests import double_clicks, last_credit
from benchmarks.storm.coupons import coupons
from benchmarks.storm.incidents import Incident, incident
from benchmarks.storm.webhooks import webhooks

Storm = Callable[[Scratch], list[str]]


def main(words: list[str]) -> int:
    given = _options(words)
    seed = secrets.randbelow(2**32) if given.seed is None else given.seed
    size = Size(given.charges, given.clients, given.customers, given.kills)
    storms: dict[str, Storm] = {
        "charges": lambda own: storm(own, seed, size),
        "http": lambda own: storm(own, seed, replace(size, charges=given.posts), over_http=True),
        "credit": lambda own: last_credit(own, seed, given.rounds, given.racers),
        "reversals": lambda own: double_clicks(own, seed, given.rounds, given.clicks),
        "coupons": lambda own: coupons(own, seed, given.rounds),
        "incident": lambda own: incident(own, seed, Incident(given.deductions, given.incident_kills, given.traces)),
        "approvals": lambda own: contested_approvals(own, seed, given.approvals, given.people),
        "webhooks": lambda own: webhooks(own, seed, given.deliveries),
        "clock": lambda own: clock(own, seed, given.clock_seeds),
        "audit": lambda own: tampering(own, seed, Tampering(given.tamperings, given.tails, given.rewrites)),
    }
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    print(f"seed {seed}, commit {commit.stdout.strip() or 'unknown'}", flush=True)
    wrong = 0
    for name in given.storms or storms:
        print(name, flush=True)
        with scratch() as own:
            with own.owner() as owner:
                _say_server(owner)
            complaints = storms[name](own)
        print("  all is well" if not complaints else "\n".join(f"  WRONG: {words}" for words in complaints), flush=True)
        wrong += len(complaints)
    return 1 if wrong else 0


def _say_server(owner: Connection) -> None:
    row = owner.execute(
        "select current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit'),"
        " current_setting('full_page_writes')"
    ).fetchone()
    print("  PostgreSQL {}, fsync {}, synchronous_commit {}, full_page_writes {}".format(*row or "????"), flush=True)


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make storm ARGS=…", description=__doc__)
    parser.add_argument(
        "storms",
        nargs="*",
        help="charges, http, credit, reversals, coupons, incident, approvals, webhooks, clock, audit; all if none is named",
    )
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--charges", type=int, default=Size.charges)
    parser.add_argument("--clients", type=int, default=Size.clients)
    parser.add_argument("--customers", type=int, default=Size.customers)
    parser.add_argument("--kills", type=int, default=Size.kills)
    parser.add_argument("--posts", type=int, default=20_000, help="charges of the storm over HTTP")
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--racers", type=int, default=50)
    parser.add_argument("--clicks", type=int, default=10)
    parser.add_argument("--deductions", type=int, default=10_000, help="of the incident batch, without --traces")
    parser.add_argument("--traces", type=Path, default=None, help="a folder of real traces for the incident batch")
    parser.add_argument("--incident-kills", type=int, default=3, help="how often the incident batch is broken off")
    parser.add_argument("--approvals", type=int, default=1000, help="rounds of contested approvals")
    parser.add_argument("--people", type=int, default=24, help="who approve at once")
    parser.add_argument("--deliveries", type=int, default=10_000, help="of events of Stripe's")
    parser.add_argument("--clock-seeds", type=int, default=20, help="how often two years of plans are lived through")
    parser.add_argument("--tamperings", type=int, default=Tampering.inside, help="with the audit log, from inside")
    parser.add_argument("--tails", type=int, default=Tampering.tails, help="cut off the audit log")
    parser.add_argument("--rewrites", type=int, default=Tampering.rewrites, help="of the whole audit log")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
