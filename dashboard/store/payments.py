"""Money in and out, packs of credits, and what Stripe told us."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import FetchedValue, ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.engine.refunds import BoughtGrant
from dashboard.sql import Query
from dashboard.store.billing import INVOICE
from dashboard.store.columns import CostUsd, Count, Credits, Instant, Json, MoneyUsd, Multiplier, Text, filled


class PaymentTransaction(Base):
    """Money that came in, or failed to, for an invoice; only added to."""

    __tablename__ = "payment_transaction"
    __table_args__ = (ForeignKeyConstraint(["user_id", "invoice_id"], INVOICE),)

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    invoice_id: Mapped[UUID]
    method: Mapped[Text]
    status: Mapped[Text]
    payment_object: Mapped[Text]
    amount_usd: Mapped[MoneyUsd]
    applied_usd: Mapped[MoneyUsd]
    operator_id: Mapped[UUID | None]
    created_at: Mapped[Instant]


class Refund(Base):
    """Money that went back for an invoice, and the credits taken back with it; only added to."""

    __tablename__ = "subscription_refund"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "invoice_id"], INVOICE),
        ForeignKeyConstraint(["user_id", "payment_id"], ["payment_transaction.user_id", "payment_transaction.id"]),
        ForeignKeyConstraint(
            ["user_id", "subscription_id"], ["subscription_monetization.user_id", "subscription_monetization.id"]
        ),
        ForeignKeyConstraint(
            ["user_id", "clawback_seq"], ["credit_deduction_ledger.user_id", "credit_deduction_ledger.seq"]
        ),
    )

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    invoice_id: Mapped[UUID]
    payment_id: Mapped[UUID | None]
    subscription_id: Mapped[UUID | None]
    refund_type: Mapped[Text]
    amount_usd: Mapped[MoneyUsd]
    cause: Mapped[Text]
    note_id: Mapped[UUID | None]
    requested_by: Mapped[UUID | None]
    approval_id: Mapped[UUID | None]
    credits_clawed_back: Mapped[Credits]
    credits_lost: Mapped[Credits]
    loss_usd: Mapped[MoneyUsd]
    clawback_seq: Mapped[Count | None]
    created_at: Mapped[Instant]


class CreditPack(Base):
    """A pack of credits that can be bought."""

    __tablename__ = "credit_pack"

    code: Mapped[Text] = mapped_column(primary_key=True)
    title: Mapped[Text]
    credits: Mapped[Credits]
    price_usd: Mapped[MoneyUsd]
    is_active: Mapped[bool] = filled()
    created_at: Mapped[Instant] = filled()


class CreditPurchase(Base):
    """A pack as it was bought; its grant is there once its invoice is paid."""

    __tablename__ = "credit_purchase"
    __table_args__ = (ForeignKeyConstraint(["user_id", "invoice_id"], INVOICE),)

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    pack_code: Mapped[Text] = mapped_column(ForeignKey("credit_pack.code"))
    credits: Mapped[Credits]
    price_usd: Mapped[MoneyUsd]
    invoice_id: Mapped[UUID]
    grant_id: Mapped[UUID]
    tier: Mapped[Text] = mapped_column(ForeignKey("tier.name"))
    unit_usd: Mapped[CostUsd]
    multiplier: Mapped[Multiplier]
    is_below_cost: Mapped[bool | None] = mapped_column(server_default=FetchedValue())
    created_at: Mapped[Instant]


class WebhookEvent(Base):
    """An event of Stripe's, each once: its ids and amounts, never its body."""

    __tablename__ = "webhook_event"

    id: Mapped[Text] = mapped_column(primary_key=True)
    kind: Mapped[Text]
    payment_object: Mapped[Text | None]
    facts: Mapped[Json]
    state: Mapped[Text]
    outcome: Mapped[Text]
    occurred_at: Mapped[Instant]
    received_at: Mapped[Instant]
    handled_at: Mapped[Instant | None]


@dataclass(frozen=True, slots=True)
class Terms:
    """The tier a customer is on at an instant, its multiplier, and what a credit is worth."""

    tier: str
    multiplier: Decimal
    unit_usd: Decimal


pack_terms = Query("billing/pack_terms", Terms)
bought_grants = Query("billing/bought_grants", BoughtGrant)
