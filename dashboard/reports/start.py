"""What a start needs to know of the database before it serves."""

from dataclasses import dataclass

from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class DemoWanted:
    """Whether the demo belongs into this database."""

    is_wanted: bool


demo_wanted = Query("control/demo_wanted", DemoWanted)
