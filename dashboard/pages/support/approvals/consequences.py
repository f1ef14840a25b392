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
from dashboard.engine.coupons import COUPON_KINDS
from dashboard.engine.erasing import CAUSES as ERASURE_CAUSES
from dashboard.engine.erasing import ERASURE_KIND
from dashboard.engine.licences import REVOCATION_CAUSES, REVOCATION_KIND
from dashboard.engine.refunds import CAUSES as REFUND_CAUSES
from dashboard.engine.refunds import REFUND_KIND, refund_order_of
from dashboard.engine.reversals import REASONS, REFUSALS
from dashboard.pages.support.approvals.coupon_facts import coupon_facts
from dashboard.pages.support.hand.form import KINDS as GRANT_KINDS
from dashboard.pages.support.reversing import Line, lines_of, sentences_of
from dashboard.reports.billing.invoices import refund_effect, whole_invoice
from dashboard.reports.pricing.explainer import policy_at
from dashboard.reports.support.approvals import ApprovalRow, BalanceNow, WholeApproval, approval_balance
from dashboard.reports.support.reversal_preview import preview_reversal
from dashboard.store.payments import bought_grants
from dashboard.ui.format import count, credits, instant, percent, usd

CHANGED = "Credits of this entry were given back since it was asked, so it can no longer be carried out. Ask anew."
REFUNDED = "Money of this invoice went back since it was asked, so this can no longer be carried out. Ask anew."
OVER = "The time this grant was to live is over; it can no longer be given. Ask anew."
NOT_SHOWN = frozenset({"credits", "batch_id", "items_sha256", "note_id", "user_id", "invoice_id", "license_id"})
TITLES = {
    "entries": "Deductions",
    "cause": "Reason",
    "list_revenue_usd": "List revenue taken back",
    "share_percent": "Share of each deduction",
    "window_start": "Requests from",
    "window_end": "Requests until",
}
CAUSES = {**GRANT_REASONS, **DEDUCTION_REASONS, **REFUND_CAUSES, **REASONS, **ERASURE_CAUSES, **REVOCATION_CAUSES}
# What moves no credits: the verb, and what it does in sentences.
WITHOUT_FIGURES = {
    ERASURE_KIND: (
        "erase this person for good",
        (
            "Name, e-mail address, preferences, notes, what callers said beside requests, stored answers and messages go for good.",
            "The running plan ends. Every amount stays, under the id alone, and no total changes.",
        ),
    ),
    REVOCATION_KIND: (
        "revoke the licence for good",
        ("It ends at once with all its devices and cannot come back. No money moves: a refund is asked for apart.",),
    ),
}


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
    if row.subject in WITHOUT_FIGURES:
        verb, notes = WITHOUT_FIGURES[row.subject]
        gone = "This customer has been erased." if row.customer_email == "" else None
        return Consequences(verb, [], list(notes), gone)
    if row.subject == REFUND_KIND:
        return _refund(connection, row, now)
    if row.subject not in KINDS or row.customer_id is None:
        return _plain(row)
    order = order_of(row.subject, row.payload)
    held = approval_balance.all(connection, user_id=order.user_id, now=now)[0]
    if isinstance(order, GrantOrder):
        unit_usd = policy_at.one(connection, at=now).unit_usd
        return _grant(order, held, unit_usd, now)
    if isinstance(order, DeductionOrder):
        return _deduction(order, held)
    return _reversal(connection, order, now)


def facts_of(row: ApprovalRow) -> list[tuple[str, str]]:
    """What is asked, in pairs: only what a reader needs that stands nowhere else on the page."""
    payload: dict[str, Any] = row.payload or {}
    if row.subject in COUPON_KINDS:
        return coupon_facts(payload)
    if row.subject not in KINDS:
        shown = {name: value for name, value in payload.items() if _is_shown(name, value)}
        return [(TITLES.get(name, name.replace("_", " ").capitalize()), _text(name, shown[name])) for name in shown]
    facts = [("Reason", CAUSES.get(str(payload.get("cause")), str(payload.get("cause"))))]
    if row.subject == "grant_credits":
        order = order_of(row.subject, payload)
        assert isinstance(order, GrantOrder)  # noqa: S101 - the kind says so
        facts += [
            ("Kind of grant", GRANT_KINDS.get(order.source, order.source)),
            ("Paid for it", usd(order.paid_usd)),
            ("Lives until", instant(order.expires_at) if order.expires_at else "no end"),
        ]
    return facts


def _grant(order: GrantOrder, held: BalanceNow, unit_usd: Decimal, now: datetime) -> Consequences:
    lines = [
        Line("Balance, credits", held.balance, held.balance + order.credits),
        Line("Can be spent, credits", held.spendable, held.spendable + order.credits),
        Line(f"New grant{f', to {instant(order.expires_at)}' if order.expires_at else ''}", None, order.credits),
    ]
    worth, paid = usd(order.credits * unit_usd), usd(order.paid_usd)
    notes = [
        f"No margin changes today. Once used, these credits count {worth} of list revenue and {paid} of realised revenue.",
    ]
    over = order.expires_at is not None and order.expires_at <= now
    return Consequences(f"grant {credits(order.credits, unit=True)}", lines, notes, OVER if over else None)


def _deduction(order: DeductionOrder, held: BalanceNow) -> Consequences:
    short = held.spendable < order.credits
    lines = [
        Line("Balance, credits", held.balance, held.balance - order.credits),
        Line("Can be spent, credits", held.spendable, held.spendable - order.credits),
    ]
    return Consequences(
        f"take {credits(order.credits, unit=True)}",
        [] if short else lines,
        ["Taken from what expires first. It is no use of a model, so list revenue and its margins stay as they are."],
        f"The customer can spend {credits(held.spendable, unit=True)}, so this cannot be carried out now."
        if short
        else None,
    )


def _reversal(connection: Connection, order: ReversalOrder, now: datetime) -> Consequences:
    verb = f"reverse {credits(order.credits or Decimal(0), unit=True)}"
    preview = preview_reversal(connection, order.user_id, order.seq, order.credits, now)
    if preview is None:
        return Consequences(verb, [], [], REFUSALS["unknown"])
    if order.reversed_before is not None and order.reversed_before != preview.reversed_before:
        return Consequences(verb, [], [], CHANGED)
    if preview.refusal is not None:
        return Consequences(verb, [], [], preview.refusal.removesuffix(" Nothing was changed."))
    return Consequences(verb, lines_of(preview), sentences_of(preview))


def _refund(connection: Connection, row: ApprovalRow, now: datetime) -> Consequences:
    order = refund_order_of(row.payload)
    whole = whole_invoice(connection, order.user_id, order.invoice_id, now)
    verb = f"give {usd(order.amount_usd)} back"
    if whole is None or whole.row.refunded_usd != order.refunded_usd:
        return Consequences(verb, [], [], REFUNDED)
    grants = bought_grants.all(connection, user_id=order.user_id, invoice_id=order.invoice_id)
    effect, paid = refund_effect(whole, grants, order.amount_usd), whole.row.paid_usd - whole.row.refunded_usd
    lines = [
        Line("Paid and kept of this invoice", paid, paid - order.amount_usd, "usd"),
        Line("Left of its credits", effect.remaining, effect.remaining - effect.credits),
    ]
    lost = (
        [f"{credits(effect.credits_lost, unit=True)} were used already: {usd(effect.loss_usd)} is a loss of ours."]
        if effect.credits_lost
        else []
    )
    return Consequences(verb, lines, [*lost, "The transfer itself is made by you, outside Ledgerline."])


def _plain(row: ApprovalRow) -> Consequences:
    """A kind with a page of its own, where what it does stands in full."""
    if row.credits is None:
        return Consequences("carry it out", [])
    payload: dict[str, Any] = row.payload or {}
    lines = [Line("Given back, credits", Decimal(0), row.credits)]
    if payload.get("list_revenue_usd") is not None:
        taken = Decimal(str(payload["list_revenue_usd"]))
        lines.append(Line("List revenue and list margin, change", Decimal(0), -taken, "usd", is_margin=True))
    notes = ["A worker gives the credits back one deduction at a time, each once; a reversal cannot be reversed."]
    return Consequences(f"reverse {credits(row.credits, unit=True)}", lines, notes)


def _text(name: str, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return count(value)
    if name.endswith("_usd"):
        return usd(Decimal(str(value)))
    if name == "cause":
        return CAUSES.get(str(value), str(value))
    if name == "share_percent":
        return percent(Decimal(str(value)))
    return _moment(str(value)) if name.startswith("window_") else str(value)


def _moment(value: str) -> str:
    try:
        return instant(datetime.fromisoformat(value))
    except ValueError:
        return value


def _is_shown(name: str, value: object) -> bool:
    """What stands elsewhere on the page, and what only programs read, is left out."""
    return value is not None and not isinstance(value, (dict, list)) and name not in NOT_SHOWN
