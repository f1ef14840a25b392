"""The web server's worker: gunicorn's threads, of which none waits for a client that says nothing."""

from gunicorn.workers import gthread


class PatientWorker(gthread.ThreadWorker):  # type: ignore[misc]  # gunicorn has no type hints
    """Waits for the first bytes of a connection beside all others.

    Gunicorn lets a thread wait for them for five seconds: as many silent clients as there are threads,
    a browser's connections in reserve among them, would stop everybody else for as long.
    """

    def handle(self, conn: gthread.TConn) -> object:
        """Answer a request that has begun to come in; put any other connection back to the waiting ones."""
        if not conn.initialized and not conn.wait_for_data(0):
            return gthread._DEFER  # noqa: SLF001 - the worker's own word for: call again when there is something
        return super().handle(conn)
