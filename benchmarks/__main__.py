"""`make bench`: every promise of speed, each in one run of its own; names choose some (`ARGS="fold ingest"`)."""

import os
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from benchmarks import (
    accounts,
    big,
    charge_one,
    coupons,
    fold,
    impact,
    import_usage,
    ingest,
    liability,
    pages,
    queries,
    results,
    reversals,
    web,
)
from benchmarks.results import Result
from benchmarks.scratch import Scratch, scratch

ALL: dict[str, Callable[[Scratch], list[Result]]] = {
    "import": import_usage.measure,
    "pages": pages.measure,
    "liability": liability.measure,
    "accounts": accounts.measure,
    "charge": charge_one.measure,
    "ingest": ingest.measure,
    "fold": fold.measure,
    "http": web.measure,
    "impact": impact.measure,
    "reversals": reversals.measure,
    "coupons": coupons.measure,
    "big": big.measure,
    "queries": queries.measure,
}
# These stand on one ledger, which takes minutes to write; BENCH_KEEP names a folder to keep it in.
ON_THE_LEDGER = frozenset({"big", "queries"})
KEPT = os.environ.get("BENCH_KEEP")


def main(chosen: list[str]) -> int:
    unknown = [name for name in chosen if name not in ALL]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(ALL)}.")
        return 2
    found = []
    for place, names in groupby(chosen or ALL, lambda name: "ledger" if name in ON_THE_LEDGER else name):
        with scratch(Path(KEPT) if KEPT and place == "ledger" else None) as own:
            for name in names:
                print(name, flush=True)
                measured = ALL[name](own)
                results.show(measured)
                results.keep(name, measured)
                found += measured
    return 1 if any(one.met is False for one in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
