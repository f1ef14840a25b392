"""What a report is asked about: the dimensions it is narrowed to."""

from dataclasses import dataclass
from uuid import UUID

from dashboard.engine.periods import Period

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """Values each dimension is narrowed to; an empty tuple means all of it."""

    providers: Names = ()
    models: Names = ()
    tiers: Names = ()
    request_types: Names = ()
    key_modes: Names = ()
    statuses: Names = ()
    customers: tuple[UUID, ...] = ()

    def parameters(self) -> dict[str, object]:
        """The parameters of a query that knows every dimension but the customer."""
        return {
            "providers": list(self.providers) or None,
            "models": list(self.models) or None,
            "tiers": list(self.tiers) or None,
            "request_types": list(self.request_types) or None,
            "key_modes": list(self.key_modes) or None,
            "statuses": list(self.statuses) or None,
        }

    def parameters_with_customers(self) -> dict[str, object]:
        """The parameters of a query that knows the customer too."""
        return {**self.parameters(), "customers": list(self.customers) or None}


def days(period: Period) -> dict[str, object]:
    """The two parameters every query of one period takes."""
    return {"start": period.start, "end": period.end}
