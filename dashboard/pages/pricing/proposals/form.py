"""The form of a proposal: what was typed, and the draft it says."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from dashboard.access import now
from dashboard.engine.price_lists import FURTHEST_AHEAD
from dashboard.engine.pricing import ACKNOWLEDGEMENTS, REASONS, PriceDraft
from dashboard.reports.pricing.proposals import Proposal
from dashboard.ui.format import exact

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,12})?")
LONGEST_DETAILS = 2000
LONGEST_NAME = 200
LONGEST_SOURCE = 20_000
# A source is a flat object or nearly; far fewer than a parser can follow into each other.
MOST_BRACKETS = 200
UNREADABLE_SOURCE = "What this proposal came from cannot be read. Open the form again from there; nothing was changed."
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
    source = _source(typed.source, errors)
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
        source=source,
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
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        errors[name] = f"“{text[:40]}” is not a date and time. Write it like 2026-12-01 00:00."
        return None
    if found > now() + FURTHEST_AHEAD:
        errors[name] = "That is more than five years ahead. Choose an earlier day, or leave it empty."
    return found


def _source(text: str, errors: dict[str, str]) -> Mapping[str, object] | None:
    """Read what the proposal came from, where the database can keep it."""
    try:
        found = _object(text) if text else None
    except ValueError:
        errors["source"] = UNREADABLE_SOURCE
        return None
    return found


def _object(text: str) -> dict[str, object]:
    if len(text) > LONGEST_SOURCE or text.count("[") + text.count("{") > MOST_BRACKETS:
        raise ValueError("too long")
    found = json.loads(text)
    # Infinities, NaN and halves of a character are errors here; none of them can be stored, and nor can NUL.
    written = json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
    if not isinstance(found, dict) or b"\\u0000" in written:
        raise ValueError("not an object, or not one that can be stored")
    return found


def _written(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M}"
