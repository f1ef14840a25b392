"""One customer, one price, and a clock that is told the time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from flask import Flask
from sqlalchemy import text

from dashboard import db
from dashboard.actions.add_customers import add_customers
from dashboard.actions.deduct_credits import deduct_credits
from dashboard.actions.place_hold import place_hold
from dashboard.actions.post_grants import post_grants
from dashboard.actions.set_vendor_prices import set_vendor_prices
from dashboard.actions.settle_hold import settle_hold
from dashboard.engine.actors import SHELL
from dashboard.engine.asking import Answer, DeductWanted, Estimate, HoldWanted
from dashboard.engine.customers import NewCustomer
from dashboard.engine.grants import CreditGrant
from dashboard.engine.price_lists import ListedPrice
from dashboard.engine.rating import Rates, Tokens
from dashboard.engine.usage import EARLIEST, UsageEvent, Window, read_usage
from dashboard.reports.checks import broken

START = datetime(2026, 6, 16, tzinfo=UTC)
ADA = NewCustomer("ada@example.com", "Ada Byron", "free", "monthly", START, 16)
BEA = NewCustomer("bea@example.com", "Bea", "free", "monthly", START, 16)
# 1,000 in and 2,000 out cost $0.035; twice that on the free tier is 70 credits.
DUE = Decimal(70)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def open_world(app: Flask, credits: int = 100) -> None:
    with app.app_context():
        add_customers([ADA, BEA], actor=SHELL, now=START)
        rates = Rates(Decimal("0.005"), Decimal("0.015"))
        set_vendor_prices([ListedPrice("1", "openai", "gpt-4o", rates)], source="test", actor=SHELL, now=START)
        if credits:
            grant(credits)


def grant(credits: int, name: str = "bonus", **other: Any) -> None:
    made = CreditGrant(
        user_id=ADA.user_id,
        id=uuid5(ADA.user_id, name),
        source="bonus",
        category="promotional",
        granted=Decimal(credits),
        paid_usd=Decimal("0.7"),
        effective_at=START,
        expires_at=None,
        priority=20,
        origin="A welcome",
        reason="bonus",
    )
    post_grants([replace(made, **other)], posted_at=START)


def hold(number: int, credits: object, minute: int = 0, lives: int | None = None) -> Answer:
    amount = Decimal(str(credits))
    wanted = HoldWanted(ADA.email, UUID(int=number), amount, lives=None if lives is None else timedelta(minutes=lives))
    return place_hold(SHELL, wanted, simulated_at=at(minute))


def hold_estimate(number: int, model: str = "gpt-4o", provider: str = "openai", minute: int = 0) -> Answer:
    estimate = Estimate(provider, model, Tokens(1000, 0, 0, 2000))
    return place_hold(SHELL, HoldWanted(ADA.email, UUID(int=number), None, estimate), simulated_at=at(minute))


def deduct(number: int, amount: object, minute: int = 0, reason: str | None = None) -> Answer:
    wanted = DeductWanted(ADA.email, UUID(int=number), Decimal(str(amount)), reason)
    return deduct_credits(SHELL, wanted, now=START, simulated_at=at(minute))


def settle(held: Answer, *, minute: int = 0, tokens: int = 2000, number: int | None = None) -> Answer:
    assert held.asked.id is not None
    event = usage(held.request_id.int if number is None else number, minute, tokens)
    return settle_hold(held.user_id, held.asked.id, event, simulated=True, simulated_at=at(minute))


def got(answer: Answer, *names: str) -> list[object]:
    return [getattr(answer.asked, name) for name in names]


def usage(number: int, minute: int = 0, tokens: int = 2000, customer: str = ADA.email) -> UsageEvent:
    raw = {
        "request_id": str(UUID(int=number)),
        "customer": customer,
        "provider": "openai",
        "model": "gpt-4o",
        "input_tokens": 1000,
        "output_tokens": tokens,
        "request_started_at": at(minute).isoformat(),
    }
    return read_usage(raw, Window(EARLIEST, datetime(2100, 1, 1, tzinfo=UTC)))


def spendable(minute: int = 0) -> Decimal:
    sql = "select spendable_credits(:user, :now)"
    with db.snapshot() as connection:
        return Decimal(connection.execute(text(sql), {"user": ADA.user_id, "now": at(minute)}).scalar_one())


def change_customer(**values: object) -> None:
    with db.transaction() as session:
        for column, value in values.items():
            session.execute(
                text(f"update users set {column} = :value where id = :id"), {"value": value, "id": ADA.user_id}
            )


def ledger() -> list[str]:
    """The credit ledger as text: seq, reason, amount, balance after."""
    sql = "select seq, reason, amount::int, balance_after::int from credit_deduction_ledger order by seq"
    with db.snapshot() as connection:
        rows = connection.execute(text(sql.replace("::", r"\:\:"))).all()
    return [f"{seq} {reason} {amount} → {after}" for seq, reason, amount, after in rows]


def laws_hold() -> None:
    with db.snapshot() as connection:
        assert broken(connection) == {}
