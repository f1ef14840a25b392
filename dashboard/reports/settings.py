"""What the settings are now."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from dashboard.engine.settings import SETTINGS
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class ChangedSetting:
    """A setting that is not at its default, or was changed back to it."""

    key: str
    value: Any
    updated_by: str | None
    updated_at: datetime


settings_changed = Query("control/settings_changed", ChangedSetting)


def value_of(connection: Connection, key: str) -> int:
    """Return what a setting is now; KeyError if there is none of that name."""
    changed = {row.key: row.value for row in settings_changed.all(connection)}
    return int(changed.get(key, SETTINGS[key].default))


def new_key_limits(connection: Connection) -> tuple[Decimal, Decimal]:
    """Return what a new API key may charge in one call and in one day, in credits."""
    per_call = value_of(connection, "api_key_limit_per_call_credits")
    return Decimal(per_call), Decimal(value_of(connection, "api_key_limit_per_day_credits"))
