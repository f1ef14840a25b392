"""What somebody asks a batch to give back, read from an address or a form, and written as chips and sentences."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine.incidents import IncidentFilter, faults_of_filter
from dashboard.reports.choices import Choices
from dashboard.reports.support.incidents import customers_named
from dashboard.ui.format import instant

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

FIELDS = (
    "from",
    "until",
    "provider",
    "model",
    "tier",
    "status",
    "service",
    "type",
    "uncovered",
    "customers",
    "share",
)
STATUSES = (("success", "Success"), ("cancelled", "Cancelled"), ("failed", "Failed"), ("rate_limited", "Rate-limited"))
TYPES = (("completion", "Completion"), ("streaming", "Streaming"), ("batch", "Batch"))
UNCOVERED = (("yes", "Partly unpaid"), ("no", "Wholly paid"))
LONGEST_NAME = 254
EARLIEST_YEAR, LATEST_YEAR = 2000, 2200
SEPARATORS = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter as typed; `wanted` where it can be taken, else `errors` by field. `is_blank` before anything is asked."""

    typed: Mapping[str, str]
    wanted: IncidentFilter | None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        """Whether no window was given at all."""
        return not (self.typed["from"] or self.typed["until"])

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What a form carries along."""
        return [(name, value) for name, value in self.typed.items() if value]


def asked_of(connection: Connection, values: "MultiDict[str, str]") -> Asked:
    """Read the fields; customers are looked up by e-mail or id."""
    typed = {name: values.get(name, "").strip() for name in FIELDS}
    errors: dict[str, str] = {}
    start, end = _moment(typed, "from", errors), _moment(typed, "until", errors)
    customers = _customers(connection, typed["customers"], errors)
    share = _share(typed["share"], errors)
    if errors or start is None or end is None:
        return Asked(typed, None, errors)
    wanted = IncidentFilter(
        start=start,
        end=end,
        providers=_one(typed["provider"]),
        models=_one(typed["model"]),
        statuses=_one(typed["status"]),
        tiers=_one(typed["tier"]),
        services=_one(typed["service"]),
        request_types=_one(typed["type"]),
        customers=customers,
        uncovered={"yes": True, "no": False}.get(typed["uncovered"]),
        share_percent=share,
    )
    faults = faults_of_filter(wanted)
    return Asked(typed, None if faults else wanted, faults)


def sentences(wanted: IncidentFilter, known: Choices) -> list[tuple[str, str]]:
    """What was asked for in pairs of a heading and words; what is not narrowed is left out."""
    uncovered = {True: "only requests that were partly unpaid", False: "only requests that were wholly paid"}
    pairs = [
        ("Requests that started", f"from {instant(wanted.start)} until before {instant(wanted.end)}"),
        ("Provider", ", ".join(known.providers.get(one, one) for one in wanted.providers)),
        ("Model", ", ".join(wanted.models)),
        ("Tier", ", ".join(known.tiers.get(one, one) for one in wanted.tiers)),
        ("Status", ", ".join(dict(STATUSES).get(one, one) for one in wanted.statuses)),
        ("Service", ", ".join(wanted.services)),
        ("Kind of request", ", ".join(dict(TYPES).get(one, one) for one in wanted.request_types)),
        ("Cover", "" if wanted.uncovered is None else uncovered[wanted.uncovered]),
        ("Customers", f"{len(wanted.customers):,} named" if wanted.customers else ""),
        ("Share given back", f"{wanted.share_percent.normalize():f}% of what was taken"),
    ]
    return [(name, words) for name, words in pairs if words]


def _moment(typed: Mapping[str, str], name: str, errors: dict[str, str]) -> datetime | None:
    text = typed[name]
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        errors[name] = "Give a day and a time (UTC), like 2026-11-20T08:00."
        return None
    if not EARLIEST_YEAR <= moment.year < LATEST_YEAR:
        errors[name] = f"Give a time between the years {EARLIEST_YEAR} and {LATEST_YEAR}."
        return None
    return moment


def _customers(connection: Connection, text: str, errors: dict[str, str]) -> tuple[UUID, ...]:
    names = [name for name in SEPARATORS.split(text) if name]
    if not names:
        return ()
    if any(len(name) > LONGEST_NAME or not name.isprintable() for name in names):
        errors["customers"] = "Give e-mail addresses or ids, one a line."
        return ()
    found = customers_named.all(connection, names=sorted(set(names)))
    missing = [one.name for one in found if one.customer_id is None]
    if missing:
        more = f" and {len(missing) - 3:,} more" if len(missing) > 3 else ""  # noqa: PLR2004 - three tell enough
        errors["customers"] = f"Nobody is known as {', '.join(missing[:3])}{more}. Give e-mail addresses or ids."
    return tuple(sorted({one.customer_id for one in found if one.customer_id is not None}))


def _share(text: str, errors: dict[str, str]) -> Decimal:
    try:
        share = Decimal(text or "100")
    except InvalidOperation:
        share = Decimal("NaN")
    if not share.is_finite():
        errors["share"] = "Give a percentage above 0 and up to 100."
        return Decimal(100)
    return share


def _one(text: str) -> tuple[str, ...]:
    return (text,) if text else ()
