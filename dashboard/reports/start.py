"""What a start needs to know of the database before it serves."""

from dataclasses import dataclass

from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class DemoWanted:
    """Whether the demo belongs into this database."""

    is_wanted: bool


demo_wanted = Query("control/demo_wanted", DemoWanted)


@dataclass(frozen=True, slots=True)
class DemoBrokenOff:
    """Whether the database holds a part of the demo and nothing else."""

    is_broken_off: bool


demo_broken_off = Query("control/demo_broken_off", DemoBrokenOff)


@dataclass(frozen=True, slots=True)
class DemoBooks:
    """Whether these are the books of the demo's invented company."""

    is_demo: bool


demo_books = Query("control/demo_books", DemoBooks)
