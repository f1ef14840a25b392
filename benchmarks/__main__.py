"""`make bench`: every promise of speed, measured in one run."""

import sys

from benchmarks import charge_one, import_usage, pages, results
from benchmarks.scratch import scratch

ALL = {"import": import_usage, "pages": pages, "charge": charge_one}


def main(chosen: list[str]) -> int:
    found = []
    for name, promise in ALL.items():
        if chosen and name not in chosen:
            continue
        print(name, flush=True)
        with scratch() as own:
            measured = promise.measure(own)
        results.show(measured)
        found += measured
    if not chosen:
        results.keep(found)
    return 1 if any(one.met is False for one in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
