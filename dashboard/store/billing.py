"""Invoices, what was paid for them, and the money customers have with us."""

from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db import Base
from dashboard.store.columns import Count, Instant, MoneyUsd, Small, Text, Whole, filled

INVOICE = ["billing_invoice.user_id", "billing_invoice.id"]


class BillingInvoice(Base):
    """What a customer is asked to pay for one reason and period; its lines sum to its total."""

    __tablename__ = "billing_invoice"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "subscription_id"], ["subscription_monetization.user_id", "subscription_monetization.id"]
        ),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[Count] = filled()
    subscription_id: Mapped[UUID | None]
    reason: Mapped[Text]
    period_start: Mapped[Instant]
    period_end: Mapped[Instant]
    status: Mapped[Text]
    total_usd: Mapped[MoneyUsd]
    paid_usd: Mapped[MoneyUsd] = filled()
    refunded_usd: Mapped[MoneyUsd] = filled()
    raised_at: Mapped[Instant]
    paid_at: Mapped[Instant | None]
    closed_at: Mapped[Instant | None] = filled()
    created_at: Mapped[Instant] = filled()


class InvoiceLine(Base):
    """One line of an invoice."""

    __tablename__ = "billing_invoice_line"
    __table_args__ = (ForeignKeyConstraint(["user_id", "invoice_id"], INVOICE),)

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[Small] = mapped_column(primary_key=True)
    kind: Mapped[Text]
    description: Mapped[Text]
    amount_usd: Mapped[MoneyUsd]


class AccountCredit(Base):
    """One movement of the money a customer has with us; the chain."""

    __tablename__ = "account_credit"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "invoice_id"], INVOICE),
        ForeignKeyConstraint(
            ["user_id", "prev_seq", "balance_before"],
            ["account_credit.user_id", "account_credit.seq", "account_credit.balance_after"],
        ),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    seq: Mapped[Whole] = mapped_column(primary_key=True)
    prev_seq: Mapped[Whole | None] = filled()
    amount_usd: Mapped[MoneyUsd]
    balance_before: Mapped[MoneyUsd]
    balance_after: Mapped[MoneyUsd]
    origin: Mapped[Text]
    invoice_id: Mapped[UUID | None]
    created_at: Mapped[Instant]
