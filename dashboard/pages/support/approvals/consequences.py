"""What approving a request does: now, after, and in words; what is in the way of it."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from dashboard.engine.by_hand import (
    DEDUCTION_REASONS,
    GRANT_REASONS,
    KINDS,
    DeductionOrder,
    GrantOrder,
    ReversalOrder,
    order_of,
)
from dashboard.engine.reversals import REASONS
from dashboard.reports.pricing.explainer import policy_at
from dashboard.reports.support.approvals import ApprovalRow, BalanceNow, WholeApproval, approval_balance
from dashboard.ui.format import count, credits, full, instant, usd

CHANGED = "Credits of this entry were given back since it was asked, so it can no longer be carried out. Ask anew."
CAUSES = {**GRANT_REASONS, **DEDUCTION_REASONS, **REASONS}


@dataclass(frozen=True, slots=True)
class Line:
    """One figure as it is and as it would be; `exact` is what a copy of it carries."""

    name: str
    now: str
    after: str
    is_loss: bool = False


@dataclass(frozen=True, slots=True)
class Consequences:
    """The lines, sentences beside them, what the button says, and what is in the way of approving."""

    verb: str
    lines: list[Line]
    notes: list[str] = field(default_factory=list)
    problem: str | None = None


def consequences_of(connection: Connection, whole: WholeApproval, now: datetime) -> Consequences:
    """What carrying it out would do at this instant."""
    row = whole.row
    if row.subject not in KINDS or row.customer_id is None:
        return _plain(row)
    order = order_of(row.subject, row.payload)
    held = approval_balance.all(connection, user_id=order.user_id, now=now)[0]
    if isinstance(order, GrantOrder):
        unit_usd = policy_at.one(connection, at=now).unit_usd
        return _grant(order, held, unit_usd, now)
    if isinstance(order, DeductionOrder):
        return _deduction(order, held)
    return _reversal(order, whole, held)


def facts_of(row: ApprovalRow) -> list[tuple[str, str]]:
    """What is asked, in pairs: only what a reader needs that stands nowhere else on the page."""
    payload: dict[str, Any] = row.payload or {}
    if row.subject not in KINDS:
        return [
            (name.replace("_", " ").capitalize(), _text(value)) for name, value in payload.items() if _is_shown(value)
        ]
    facts = [("Reason", CAUSES.get(str(payload.get("cause")), str(payload.get("cause"))))]
    if row.subject == "grant_credits":
        order = order_of(row.subject, payload)
        assert isinstance(order, GrantOrder)  # noqa: S101 - the kind says so
        facts += [
            ("Kind of grant", order.source.replace("_", " ").capitalize()),
            ("Paid for it", usd(order.paid_usd)),
            ("Lives until", instant(order.expires_at) if order.expires_at else "no end"),
        ]
    return facts


def _grant(order: GrantOrder, held: BalanceNow, unit_usd: Decimal, now: datetime) -> Consequences:
    lines = [
        Line("Balance, credits", credits(held.balance), credits(held.balance + order.credits)),
        Line("Can be spent, credits", credits(held.spendable), credits(held.spendable + order.credits)),
        Line("New grant, credits", "–", credits(order.credits)),
    ]
    worth, paid = usd(order.credits * unit_usd), usd(order.paid_usd)
    notes = [
        f"No margin changes today. Once used, these credits count {worth} of list revenue and {paid} of realised revenue.",
    ]
    over = order.expires_at is not None and order.expires_at <= now
    return Consequences(
        f"grant {credits(order.credits, unit=True)}",
        lines,
        notes,
        "The time this grant was to live is over; it can no longer be given. Ask anew." if over else None,
    )


def _deduction(order: DeductionOrder, held: BalanceNow) -> Consequences:
    short = held.spendable < order.credits
    lines = [
        Line("Balance, credits", credits(held.balance), credits(held.balance - order.credits)),
        Line("Can be spent, credits", credits(held.spendable), credits(held.spendable - order.credits)),
    ]
    return Consequences(
        f"take {credits(order.credits, unit=True)}",
        [] if short else lines,
        ["Taken from what expires first. It is no use of a model, so list revenue and its margins stay as they are."],
        f"The customer can spend {count(held.spendable)} credits, so this cannot be carried out now."
        if short
        else None,
    )


def _reversal(order: ReversalOrder, whole: WholeApproval, held: BalanceNow) -> Consequences:
    given = order.credits or Decimal(0)
    changed = order.reversed_before is not None and order.reversed_before != whole.detail.reversed_now
    lines = [Line("Balance, credits", credits(held.balance), credits(held.balance + given))]
    return Consequences(
        f"reverse {credits(given, unit=True)}",
        [] if changed else lines,
        ["A reversal cannot be reversed."],
        CHANGED if changed else None,
    )


def _plain(row: ApprovalRow) -> Consequences:
    """A kind with a page of its own, where what it does stands in full."""
    verb = "carry it out" if row.credits is None else f"move {credits(row.credits, unit=True)}"
    lines = [] if row.credits is None else [Line("Credits moved", "0", full(row.credits))]
    return Consequences(verb, lines)


def _text(value: object) -> str:
    return count(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _is_shown(value: object) -> bool:
    return value is not None and not isinstance(value, (dict, list))
