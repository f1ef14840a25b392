"""Compare the bundled price library with what is known; a person decides what comes of it."""

from datetime import datetime
from importlib.metadata import version

from dashboard.actions.propose_prices import Proposed, Source, note_failed_source, propose_prices
from dashboard.engine.actors import Actor
from dashboard.engine.jobs import reason_of
from dashboard.engine.price_library import read_library

LIBRARY = "genai-prices"


class LibraryUnreadableError(Exception):
    """The library could not be read; that is kept, and nothing else was changed."""


def compare_price_library(actor: Actor, now: datetime) -> Proposed:
    """File what the installed edition of the library says; a failure is kept as one."""
    source = Source("library", LIBRARY, f"{LIBRARY} {version(LIBRARY)}")
    try:
        # A megabyte of prices, read only when they are compared.
        from genai_prices.data import providers  # noqa: PLC0415 - as above

        said = read_library(providers)
    except Exception as error:
        note_failed_source(actor, source, reason_of(error), now)
        raise LibraryUnreadableError(f"{source.name} could not be read: {reason_of(error)}") from error
    return propose_prices(actor, source, said, now)
