"""`flask serve` keeps a job worker running, and leaves none behind."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dashboard import embedded
from tests.processes import alive, eventually, free_port, postmaster, serving


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    embedded.release(tmp_path)
    left = postmaster(tmp_path)
    if left is not None:
        os.kill(left, signal.SIGQUIT)


def workers_of(server: subprocess.Popen[str]) -> list[int]:
    children = psutil.Process(server.pid).children()
    return [child.pid for child in children if _is_worker(child)]


def _is_worker(child: psutil.Process) -> bool:
    try:
        return "worker" in child.cmdline() and child.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False  # it ended between the two questions


def test_a_worker_runs_comes_back_when_killed_and_stops_with_ctrl_c(data_dir: Path) -> None:
    with serving(data_dir, free_port()) as server:
        eventually(lambda: len(workers_of(server)) == 1)
        (first,) = workers_of(server)
        os.kill(first, signal.SIGKILL)
        eventually(lambda: workers_of(server) not in ([], [first]))
        (second,) = workers_of(server)
        os.killpg(server.pid, signal.SIGINT)
        _, errors = server.communicate(timeout=30)
    assert server.returncode == 0
    assert "The job worker ended; it is started again" in errors
    assert not alive(first)
    assert not alive(second)
    assert postmaster(data_dir) is None


def test_a_killed_server_takes_its_worker_along(data_dir: Path) -> None:
    with serving(data_dir, free_port()) as server:
        eventually(lambda: len(workers_of(server)) == 1)
        (worker,) = workers_of(server)
        os.killpg(server.pid, signal.SIGKILL)
    eventually(lambda: not alive(worker))
