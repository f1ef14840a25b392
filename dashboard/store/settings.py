"""Settings an owner changed; what was never changed has its default in the rules."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from dashboard.db import Base
from dashboard.engine.mail_settings import MAIL_SETTINGS
from dashboard.engine.settings import SETTINGS
from dashboard.store.columns import Instant, Json, Text


class Setting(Base):
    """One changed setting."""

    __tablename__ = "setting"

    key: Mapped[Text] = mapped_column(primary_key=True)
    value: Mapped[Json]
    updated_by: Mapped[UUID | None] = mapped_column(ForeignKey("operator.id"))
    updated_at: Mapped[Instant]


def value_of(session: Session, key: str) -> int:
    """Return what a setting is now, in its unit; KeyError if there is none of that name."""
    changed = session.get(Setting, key)
    return SETTINGS[key].default if changed is None else int(changed.value)


def text_of(session: Session, key: str) -> str:
    """Return what a setting in words is now; KeyError if there is none of that name."""
    changed = session.get(Setting, key)
    return str(MAIL_SETTINGS[key].default if changed is None else changed.value)


def is_on(session: Session, key: str) -> bool:
    """Whether a switch is on; KeyError if there is none of that name."""
    changed = session.get(Setting, key)
    return bool(MAIL_SETTINGS[key].default if changed is None else changed.value)
