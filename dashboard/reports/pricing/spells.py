"""Spells: the intervals of each customer between which the grants that may pay change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class TurnsRow:
    """A customer and the moments at which the grants that may pay change."""

    user_id: UUID
    turns: list[datetime] | None


@dataclass(frozen=True, slots=True)
class Numbered:
    """One interval of a customer."""

    no: int
    user_id: UUID
    starts_at: datetime
    ends_at: datetime


class Spells:
    """Every interval of every customer, numbered; a customer's numbers follow each other."""

    def __init__(self, customers: Sequence[TurnsRow], window: Window) -> None:
        self.all: list[Numbered] = []
        self.of: dict[UUID, list[Numbered]] = {}
        numbers: list[int] = []
        users: list[UUID] = []
        turns: list[datetime | None] = []
        for customer in customers:
            found = customer.turns or []
            first = len(self.all)
            edges = [window[0], *found, window[1]]
            own = [
                Numbered(first + place, customer.user_id, edges[place], edges[place + 1])
                for place in range(len(edges) - 1)
            ]
            self.all += own
            self.of[customer.user_id] = own
            nothing: list[datetime | None] = [None]
            for turn in found or nothing:
                numbers.append(first)
                users.append(customer.user_id)
                turns.append(turn)
        self.asked: dict[str, Any] = {"spells": numbers, "users": users, "turns": turns}
