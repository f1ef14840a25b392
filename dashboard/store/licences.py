"""Perpetual licences, the devices in their seats, and what was paid to reach further."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.sql import Query
from dashboard.store.columns import Instant, MoneyUsd, Small, Text, filled


def _of_license() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["user_id", "license_id"], ["perpetual_license.user_id", "perpetual_license.id"])


class PerpetualLicense(Base):
    """A licence; its state moves by the database's own function alone."""

    __tablename__ = "perpetual_license"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "invoice_id"], ["billing_invoice.user_id", "billing_invoice.id"]),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    key_tail: Mapped[Text]
    purchase_price_usd: Mapped[MoneyUsd]
    purchased_version: Mapped[Text]
    eligible_until_version: Mapped[Text]
    max_activations: Mapped[Small] = filled()
    byok_enabled: Mapped[bool] = filled()
    acquisition_coupon_code: Mapped[Text | None]
    status: Mapped[Text]
    invoice_id: Mapped[UUID]
    purchased_at: Mapped[Instant]
    ended_at: Mapped[Instant | None] = filled()
    ended_cause: Mapped[Text | None] = filled()
    approval_id: Mapped[UUID | None] = filled()


class LicenseStatusChange(Base):
    """From when on a licence was in a state."""

    __tablename__ = "license_status_change"
    __table_args__ = (_of_license(),)

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    license_id: Mapped[UUID] = mapped_column(primary_key=True)
    n: Mapped[Small] = mapped_column(primary_key=True)
    status: Mapped[Text]
    effective_at: Mapped[Instant]


class LicenseActivation(Base):
    """A device in one of a licence's seats; what tells the machine goes when the person is erased."""

    __tablename__ = "license_activation"
    __table_args__ = (
        _of_license(),
        ForeignKeyConstraint(["user_id", "replaced_by"], ["license_activation.user_id", "license_activation.id"]),
    )

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    license_id: Mapped[UUID]
    seat: Mapped[Small]
    machine_fingerprint: Mapped[Text | None]
    device_name: Mapped[Text | None]
    os_type: Mapped[Text | None]
    status: Mapped[Text] = filled()
    activated_at: Mapped[Instant]
    deactivated_at: Mapped[Instant | None]
    replaced_by: Mapped[UUID | None]


class VersionUpgrade(Base):
    """What was paid so that a licence reaches further."""

    __tablename__ = "version_upgrade"
    __table_args__ = (
        _of_license(),
        ForeignKeyConstraint(["user_id", "invoice_id"], ["billing_invoice.user_id", "billing_invoice.id"]),
    )

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    license_id: Mapped[UUID]
    from_version: Mapped[Text]
    to_version: Mapped[Text]
    list_price_usd: Mapped[MoneyUsd]
    upgrade_price_usd: Mapped[MoneyUsd]
    discount: Mapped[Text | None]
    invoice_id: Mapped[UUID]
    purchased_at: Mapped[Instant]


@dataclass(frozen=True, slots=True)
class Noted:
    """The state of a licence changed."""

    noted: str


note_status = Query("billing/note_license_status", Noted)
extend = Query("billing/extend_license", Noted)
