"""The web server's threads are for those who ask something."""

import socket

from gunicorn.config import Config
from gunicorn.workers import gthread

from dashboard.web_worker import PatientWorker


def test_a_client_that_says_nothing_keeps_no_thread_waiting() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        silent = gthread.TConn(Config(), ours, ("", 0), ("", 0))
        assert PatientWorker.handle(PatientWorker.__new__(PatientWorker), silent) is gthread._DEFER
        theirs.send(b"GET")
        assert silent.wait_for_data(0)
