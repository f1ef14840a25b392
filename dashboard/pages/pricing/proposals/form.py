"""The form of a proposal: what was typed, and the draft it says."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from dashboard.engine.pricing import ACKNOWLEDGEMENTS, REASONS, PriceDraft
from dashboard.reports.pricing.proposals import Proposal
from dashboard.ui.format import exact

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,12})?")
LONGEST_DETAILS = 2000
LONGEST_NAME = 200
TEXTS = (
    "tier",
    "provider",
    "model",
    "multiplier",
    "effective_from",
    "effective_until",
    "reason",
    "reason_details",
    "source",
)


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as somebody left it; nothing in it is trusted."""

    tier: str = ""
    provider: str = ""
    model: str = ""
    multiplier: str = ""
    effective_from: str = ""
    effective_until: str = ""
    reason: str = ""
    reason_details: str = ""
    source: str = ""
    urgent: bool = False
    acknowledges: frozenset[str] = frozenset()

    @property
    def scope_type(self) -> str | None:
        """What kind of rule the fields filled in make; None where none is."""
        if self.tier:
            return "combination" if self.provider or self.model else "tier"
        return "model" if self.model else ("provider" if self.provider else None)


def typed_in(form: "MultiDict[str, str]") -> Typed:
    """Take the form, or the address that fills it in, as it came."""
    texts = {name: form.get(name, "").strip() for name in TEXTS}
    acknowledged = frozenset(form.getlist("acknowledges")) & ACKNOWLEDGEMENTS.keys()
    return Typed(**texts, urgent=form.get("urgent", "") == "yes", acknowledges=acknowledged)


def typed_of(proposal: Proposal) -> Typed:
    """Fill the form with a version, to change it."""
    return Typed(
        tier=proposal.tier or "",
        provider=proposal.provider or "",
        model=proposal.model or "",
        multiplier=exact(proposal.multiplier),
        effective_from=_written(proposal.effective_from),
        effective_until=_written(proposal.effective_until),
        reason=proposal.reason,
        reason_details=proposal.reason_details or "",
        source=json.dumps(proposal.source) if proposal.source else "",
        urgent=proposal.is_urgent,
        acknowledges=frozenset(proposal.acknowledges),
    )


def read(typed: Typed) -> tuple[PriceDraft | None, dict[str, str]]:
    """Return the draft, or the fields that cannot be read with what to do about each."""
    errors: dict[str, str] = {}
    multiplier = _multiplier(typed.multiplier, errors)
    start, end = (_instant(getattr(typed, name), name, errors) for name in ("effective_from", "effective_until"))
    if typed.scope_type is None:
        errors["scope_type"] = "Say what it applies to: a tier, a provider, a model, or a tier with one of them."
    if typed.reason not in REASONS:
        errors["reason"] = "Choose a reason."
    if len(typed.reason_details) > LONGEST_DETAILS:
        errors["reason_details"] = f"Say it in at most {LONGEST_DETAILS:,} characters."
    if errors or multiplier is None or typed.scope_type is None:
        return None, errors
    return PriceDraft(
        scope_type=typed.scope_type,
        multiplier=multiplier,
        reason=typed.reason,
        tier=typed.tier or None,
        provider=typed.provider or None,
        model=typed.model or None,
        effective_from=start,
        effective_until=end,
        reason_details=typed.reason_details or None,
        urgent=typed.urgent,
        acknowledges=typed.acknowledges,
        source=_source(typed.source),
    ), {}


def _multiplier(text: str, errors: dict[str, str]) -> Decimal | None:
    if NUMBER.fullmatch(text):
        return Decimal(text)
    given = f"“{text[:40]}” is not a number; write" if text else "Write"
    errors["multiplier"] = f"{given} the multiplier like 1.65."
    return None


def _instant(text: str, name: str, errors: dict[str, str]) -> datetime | None:
    """Read a day or a minute as UTC."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        errors[name] = f"“{text[:40]}” is not a date and time. Write it like 2026-12-01 00:00."
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _source(text: str) -> Mapping[str, object] | None:
    try:
        found = json.loads(text) if text else None
    except ValueError:
        return None
    return found if isinstance(found, dict) and len(text) <= LONGEST_DETAILS else None


def _written(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M}"
