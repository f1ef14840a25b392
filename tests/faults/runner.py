"""Runs tests with a fault in, each in a process forked from this one, which has everything imported already.

`python -m tests.faults.runner OWNER_URL NAME…` prints a line of JSON for each fault when its test has ended.
"""

import importlib
import json
import os
import pkgutil
import sys
import tempfile
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

import dashboard
import tests.conftest
from dashboard import embedded, migrate
from dashboard.embedded import Urls
from tests.faults.fault import Code, Fault
from tests.faults.in_code import IN_CODE
from tests.faults.in_rules import IN_RULES
from tests.faults.in_tables import IN_TABLES

SIDE_BY_SIDE = 2
FAULTS = {fault.name: fault for fault in (*IN_TABLES, *IN_RULES, *IN_CODE)}
NO_FAULT = "no fault"


class Seen:
    """What pytest reported: tests that passed, tests that failed, and anything that broke around them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test by its call; a failed fixture is no failed test."""
        if report.when == "call" or report.failed:
            self.counts[report.outcome if report.when == "call" else "broken"] += 1


def main(owner_url: str, names: list[str]) -> None:
    """Run each fault's test, two at a time."""
    for module in pkgutil.walk_packages(dashboard.__path__, "dashboard."):
        importlib.import_module(module.name)
    for module in pkgutil.walk_packages(tests.__path__, "tests."):
        if not module.name.rpartition(".")[2].startswith(("test_", "__main__")):
            importlib.import_module(module.name)
    waiting, running = list(names), dict[int, tuple[str, str, Path]]()
    with tempfile.TemporaryDirectory() as folder:
        while waiting or running:
            while waiting and len(running) < SIDE_BY_SIDE:
                name = waiting.pop(0)
                database, output = f"fault_{os.getpid()}_{len(waiting)}", Path(folder) / str(len(waiting))
                try:
                    _copy(owner_url, database, FAULTS.get(name))
                except (psycopg.Error, AssertionError) as error:
                    _say(name, {}, f"The fault could not be made: {error}")
                else:
                    running[_start(owner_url, database, name, output)] = name, database, output
            if not running:
                continue
            pid, _ = os.wait()
            name, database, output = running.pop(pid)
            _drop(owner_url, database)
            said = output.read_text(encoding="utf-8", errors="replace")
            counts = Path(f"{output}.json")
            seen = json.loads(counts.read_text(encoding="utf-8")) if counts.exists() else {}
            _say(name, seen, said)


def _say(name: str, counts: dict[str, int], said: str) -> None:
    print(json.dumps({"name": name, "counts": counts, "said": said}), flush=True)


def _start(owner_url: str, database: str, name: str, output: Path) -> int:
    """Fork; the child runs the test and never comes back."""
    pid = os.fork()
    if pid:
        return pid
    with output.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    code = 70
    try:
        fault = FAULTS.get(name)
        _use(owner_url, database, is_single=fault is not None)
        for change in fault.changes if fault else ():
            if isinstance(change, Code):
                change.apply()
        seen = Seen()
        targets = [fault.test] if fault else sorted({fault.test for fault in FAULTS.values()})
        kept_apart = ("-p", "no:cacheprovider", f"--basetemp={output}.tmp")
        code = pytest.main(["-q", "--tb=line", *kept_apart, *targets], plugins=[seen])
        Path(f"{output}.json").write_text(json.dumps(seen.counts), encoding="utf-8")
    finally:
        sys.stdout.flush()
        os._exit(code)


def _use(owner_url: str, database: str, *, is_single: bool) -> None:
    """Let tests copy this database instead of migrating one; a single test may have it as it is."""
    owner, app = (make_url(owner_url).set(database=database, username=role) for role in (embedded.OWNER, embedded.APP))
    urls = Urls(owner.render_as_string(hide_password=False), app.render_as_string(hide_password=False))
    vars(embedded).update(ensure_running=lambda _data_dir: urls, DATABASE=database)
    vars(migrate).update(upgrade=lambda _url: None)
    if is_single:
        vars(tests.conftest).update(copied=lambda _template: nullcontext(urls))


def _copy(owner_url: str, database: str, fault: Fault | None) -> None:
    _administer(owner_url, f"create database {database} template {embedded.DATABASE} owner {embedded.OWNER}")
    url = make_url(owner_url).set(drivername="postgresql", database=database)
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as owner:
        for change in fault.changes if fault else ():
            if not isinstance(change, Code):
                change.apply(owner)


def _drop(owner_url: str, database: str) -> None:
    _administer(owner_url, f"drop database {database} with (force)")


def _administer(owner_url: str, sql: str) -> None:
    host = str(make_url(owner_url).query["host"])
    with psycopg.connect(host=host, user=embedded.SUPERUSER, dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
