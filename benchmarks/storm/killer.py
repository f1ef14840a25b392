"""Killing, −9 and at random: backends, the whole server, web workers, the job worker; and starting the server again."""

import contextlib
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

import psutil

from benchmarks.scratch import Scratch
from dashboard import embedded
from dashboard.config import CannotStart

Victims = Callable[[], Sequence[int]]


class Killer(threading.Thread):
    """Kills something every now and then until it has killed often enough and is told to stop."""

    def __init__(
        self, own: Scratch, seed: int, kills: int, progress: Callable[[], float], processes: Mapping[str, Victims]
    ) -> None:
        super().__init__(name="killer", daemon=True)
        self._own, self._chance, self._kills, self._progress = own, Random(f"{seed}/killer"), kills, progress
        self._processes = processes
        self._done = threading.Event()
        self.killed: Counter[str] = Counter()
        self.longest_recovery = 0.0
        self.refused: list[str] = []

    def run(self) -> None:
        kinds = ["backend", "postmaster", *self._processes]
        # Evenly over the storm, each at a random moment of its part.
        moments = [(number + self._chance.random()) / (self._kills + 1) for number in range(self._kills)]
        for moment in moments:
            while self._progress() < moment:
                if self._done.wait(0.02):
                    return
            # The job worker may be on its way back up: then something else dies.
            for kind in self._chance.sample(kinds, len(kinds)):
                if self._kill(kind):
                    break

    @property
    def is_through(self) -> bool:
        return self.killed.total() >= self._kills

    def stop(self) -> None:
        self._done.set()
        self.join()

    def _kill(self, kind: str) -> bool:
        victims = self._processes[kind]() if kind in self._processes else self._server(kind)
        if not victims:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._chance.choice(victims), signal.SIGKILL)
            self.killed[kind] += 1
        started = time.monotonic()
        if kind == "postmaster":
            self._start()
            self.longest_recovery = max(self.longest_recovery, time.monotonic() - started)
        return True

    def _start(self) -> None:
        try:
            embedded.ensure_running(self._own.settings.data_dir)
        except CannotStart as error:
            self.refused.append(str(error))

    def _server(self, kind: str) -> list[int]:
        postmaster = _postmaster(self._own.settings.data_dir)
        if postmaster is None:
            self._start()
            return []
        if kind == "postmaster":
            return [postmaster]
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(postmaster).children()
            return [child.pid for child in children if "ledgerline_app" in " ".join(child.cmdline())]
        return []


def _postmaster(data_dir: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        lock_file = next(data_dir.resolve().glob("postgres-*/postmaster.pid"), None)
        if lock_file:
            pid = int(lock_file.read_text(encoding="utf-8").splitlines()[0])
            return pid if psutil.pid_exists(pid) else None
    return None
