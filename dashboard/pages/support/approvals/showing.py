"""The page of one request: what exactly, who asked and why, what it does, who decides."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, abort, current_app, url_for
from sqlalchemy import Connection

from dashboard.access import current_actor, may_open, now
from dashboard.db import snapshot
from dashboard.engine.actors import Actor
from dashboard.engine.announcing import PRICING
from dashboard.pages.support.approvals.choices import choices_of, left_of
from dashboard.pages.support.approvals.consequences import consequences_of, facts_of
from dashboard.pages.support.approvals.history import history_of
from dashboard.pages.support.approvals.waiting import waiting
from dashboard.reports.support.approvals import ApprovalRow, WholeApproval, line_of, whole_approval
from dashboard.ui.htmx import redirect_to, render, wants_region


@dataclass(frozen=True, slots=True)
class Notice:
    """What came of a form: done or refused, the sentence, and what was typed into it."""

    tone: str
    lead: str
    sentence: str
    typed: str = ""
    is_of_field: bool = False


def shown(request_id: UUID, notice: Notice | None = None, status: int = 200) -> Response:
    """Answer with the page, or send to the page that prices and plans have of their own."""
    actor, at = current_actor(), now()
    with snapshot() as connection:
        row = line_of(connection, actor, request_id, at)
        if row is None:
            abort(404)
        if row.subject in PRICING:
            return redirect_to(href_of(row) or url_for("approvals.index"))
        whole = whole_approval(connection, actor, request_id, at)
        if whole is None:
            abort(404)
        context = _context(connection, whole, actor, at)
    context["waiting_now"] = waiting() if notice and wants_region() else None
    response = render("support/approvals/show.html", "support/approvals/_whole.html", **context, notice=notice)
    response.status_code = status
    return response


def href_of(row: ApprovalRow) -> str | None:
    """The page that shows and decides it; None where this person may not open it."""
    if row.object_kind == "pricing_config":
        return _url("proposals.show", config_id=row.object_id)
    if row.subject in PRICING:
        return _url("tier_changes.show", change_id=row.object_id)
    return _url("approvals.show", request_id=row.object_id)


def _context(connection: Connection, whole: WholeApproval, actor: Actor, at: datetime) -> dict[str, Any]:
    row = whole.row
    return {
        "whole": whole,
        "row": row,
        "choices": choices_of(whole, actor, at),
        "left": left_of(row.decide_by, at) if row.decide_by else None,
        "consequences": consequences_of(connection, whole, at) if row.state == "pending" else None,
        "facts": facts_of(row),
        "links": _links(whole),
        "history": history_of(whole),
        "href_of": href_of,
        "now": at,
    }


def _links(whole: WholeApproval) -> dict[str, str | None]:
    """The pages of what it is about, where they exist and this person may open them."""
    row, payload = whole.row, whole.row.payload or {}
    customer = row.customer_id
    seq, done = payload.get("seq"), whole.detail.entry_seq
    return {
        "customer": _url("accounts.show", customer_id=customer) if customer else None,
        "entry": _url("receipts.entry", customer_id=customer, seq=seq) if customer and seq else None,
        "done": _url("receipts.entry", customer_id=customer, seq=done) if customer and done else None,
        "batch": _url("batches.show", batch_id=payload["batch_id"]) if payload.get("batch_id") else None,
    }


def _url(endpoint: str, **values: Any) -> str | None:
    known = endpoint in current_app.view_functions and may_open(endpoint)
    return url_for(endpoint, **values) if known else None
