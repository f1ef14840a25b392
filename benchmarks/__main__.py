"""`make bench`: every promise of speed, each in one run of its own; names choose some (`ARGS="fold ingest"`)."""

import sys
from collections.abc import Callable

from benchmarks import charge_one, fold, import_usage, ingest, pages, results, web
from benchmarks.results import Result
from benchmarks.scratch import Scratch, scratch

ALL: dict[str, Callable[[Scratch], list[Result]]] = {
    "import": import_usage.measure,
    "pages": pages.measure,
    "charge": charge_one.measure,
    "ingest": ingest.measure,
    "fold": fold.measure,
    "http": web.measure,
}


def main(chosen: list[str]) -> int:
    unknown = [name for name in chosen if name not in ALL]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(ALL)}.")
        return 2
    found = []
    for name in chosen or ALL:
        print(name, flush=True)
        with scratch() as own:
            measured = ALL[name](own)
        results.show(measured)
        results.keep(name, measured)
        found += measured
    return 1 if any(one.met is False for one in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
