"""An audit line in words: what was done, and what changed, field by field."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after; None where it was not, or is not any more."""

    field: str
    before: str | None
    after: str | None

    @property
    def differs(self) -> bool:
        """Whether the act changed it."""
        return self.before != self.after


def changes(before: Any, after: Any) -> list[FieldChange]:
    """Return the fields that differ, in the order in which they were recorded."""
    return [change for change in every_field(before, after) if change.differs]


def every_field(before: Any, after: Any) -> list[FieldChange]:
    """Return every field that was recorded, also those that stayed as they were."""
    old, new = _fields(before), _fields(after)
    names = [*old, *(name for name in new if name not in old)]
    return [FieldChange(name.replace("_", " "), old.get(name), new.get(name)) for name in names]


def written(change: FieldChange) -> str:
    """Return it in one line, for a file."""
    if change.before is None:
        return f"{change.field}: {change.after}"
    return f"{change.field}: {change.before} → {change.after if change.after is not None else 'none'}"


def _fields(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        return {"value": _text(value)}
    return {str(name): _text(part) for name, part in value.items() if part is not None}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_text(part) for part in value)
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_text(part)}" for name, part in value.items() if part is not None)
    return f"{value:,}" if isinstance(value, int) else str(value)
