"""A receipt put together: one request, or one entry of the credit ledger, as it stands now."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import UUID

from flask import Response, abort, current_app, request, url_for
from sqlalchemy import Connection

from dashboard.access import current_actor, may_open, now
from dashboard.db import snapshot
from dashboard.engine.actors import Actor
from dashboard.engine.recalculation import Corrected, total
from dashboard.pages.support.receipts import ladder, wording
from dashboard.pages.support.receipts.panel import Panel, Typed, panel_of
from dashboard.pages.support.receipts.words import Words, entry_words, usage_words
from dashboard.reports.pricing.multipliers import RuleRow, multiplier_rules
from dashboard.reports.support.entries import (
    EntryFacts,
    RestoredTo,
    entry_of,
    price_version,
    receipt_customer,
    receipt_events,
    receipt_restored,
)
from dashboard.reports.support.recalculation import Recalculated, corrected, entry_differences, recalculated
from dashboard.reports.support.receipts import (
    CorrectionFound,
    GrantFound,
    UsageFacts,
    receipt_corrections,
    receipt_grants,
    usage_of,
)
from dashboard.ui.format import credits as written
from dashboard.ui.format import instant
from dashboard.ui.htmx import render

PAGE, REGION, EFFECT = (
    "support/receipts/show.html",
    "support/receipts/_show.html",
    "support/receipts/_effect.html",
)


@dataclass(frozen=True, slots=True)
class Notice:
    """What came of a form."""

    tone: str
    lead: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Charge:
    """A request as its receipt shows it."""

    row: UsageFacts
    again: Recalculated
    corrections: list[CorrectionFound]
    whole: Corrected


def shown_usage(
    customer_id: UUID, request_id: UUID, typed: Typed | None = None, notice: Notice | None = None, status: int = 200
) -> Response:
    """Render the receipt of one request, or the region of it that htmx asked for."""
    actor, at = current_actor(), now()
    with snapshot() as connection:
        charge, grants, rules = _charge(connection, customer_id, request_id)
        row = charge.row
        seqs = [seq for seq in (row.deduction_seq, *(one.deduction_seq for one in charge.corrections)) if seq]
        restored = [one for seq in seqs for one in receipt_restored.all(connection, customer_id=customer_id, seq=seq)]
        entry = entry_of(connection, customer_id, row.deduction_seq) if row.deduction_seq else None
        version = (
            price_version.one(
                connection, provider_id=row.provider_id, model=row.model, price_from=row.price_from
            ).version
            if row.price_from
            else None
        )
        shared = _shared(connection, actor, customer_id, entry, typed, at)
        events = receipt_events.all(connection, customer_id=customer_id, request_id=request_id, seqs=seqs, now=at)
    given_back = _given_back(restored)
    price, rule = row.price, ladder.winner_of(row, rules)
    return _rendered(
        status,
        **shared,
        kind="usage",
        heading=_heading(row),
        subject=f"{row.model} · {instant(row.started_at, seconds=True)}",
        price_link=_link("vendor_prices.show", provider=row.provider, model=row.model),
        rule_link=_link("multipliers.scope", scope_id=rule.scope_id) if rule else None,
        words_link=url_for("receipts.words", customer_id=customer_id, request_id=request_id),
        charge=charge,
        row=row,
        entry=entry,
        differences=charge.again.differences,
        states=wording.states_of(row, charge.whole, given_back),
        buckets=ladder.buckets_of(row.tokens, price),
        is_high=ladder.is_high(row.tokens, price),
        price=price,
        version=version,
        rule=rule,
        scope_titles=wording.SCOPE_TITLES,
        steps=ladder.steps_of(row, charge.again.resolution),
        division=ladder.division(row),
        rated_margin=ladder.rated_margin(row),
        grants=_worth_showing(grants, row),
        paid_sentence=ladder.paid_sentence(row, grants),
        places_of=ladder.places_of,
        restored=restored,
        given_back=given_back,
        story=wording.story(events, row),
        words=usage_words(charge.row, charge.whole, grants, restored).text,
        link=url_for("receipts.show", customer_id=customer_id, request_id=request_id, _external=True),
        notice=notice,
        now=at,
    )


def shown_entry(
    customer_id: UUID, seq: int, typed: Typed | None = None, notice: Notice | None = None, status: int = 200
) -> Response:
    """Render the receipt of an entry; that of a charged request is the request's own."""
    actor, at = current_actor(), now()
    with snapshot() as connection:
        entry = entry_of(connection, customer_id, seq) or abort(404)
        if entry.reason == "usage" and entry.request_id is not None:
            return shown_usage(customer_id, entry.request_id, typed, notice, status)
        grants = [one for one in receipt_grants.all(connection, customer_id=customer_id, seqs=[seq]) if one.position]
        restored = receipt_restored.all(connection, customer_id=customer_id, seq=seq)
        shared = _shared(connection, actor, customer_id, entry, typed, at)
        events = receipt_events.all(connection, customer_id=customer_id, request_id=None, seqs=[seq], now=at)
        row = usage_of(connection, customer_id, entry.request_id) if entry.request_id else None
    return _rendered(
        status,
        **shared,
        kind="entry",
        heading=f"{wording.entry_title(entry)}: {written(entry.amount, signed=True)} credits",
        subject=instant(entry.created_at, seconds=True),
        words_link=url_for("receipts.entry_words", customer_id=customer_id, seq=seq),
        entry=entry,
        row=row,
        differences=entry_differences(entry, grants),
        states=wording.entry_states(entry, _given_back(restored)),
        title=wording.entry_title(entry),
        cause=wording.cause_title(entry.cause),
        entry_titles=wording.ENTRY_TITLES,
        grants=grants,
        places_of=ladder.places_of,
        restored=restored,
        given_back=_given_back(restored),
        story=wording.story(events, None),
        words=entry_words(entry, wording.entry_title(entry), grants, restored).text,
        link=url_for("receipts.entry", customer_id=customer_id, seq=seq, _external=True),
        notice=notice,
        now=at,
    )


def words_of_usage(connection: Connection, customer_id: UUID, request_id: UUID) -> Words:
    """The receipt of a request in words for its customer."""
    charge, grants, _ = _charge(connection, customer_id, request_id)
    seq = charge.row.deduction_seq
    restored = receipt_restored.all(connection, customer_id=customer_id, seq=seq) if seq else []
    return usage_words(charge.row, charge.whole, grants, restored)


def words_of_entry(connection: Connection, customer_id: UUID, seq: int) -> Words:
    """The receipt of an entry in words for its customer."""
    entry = entry_of(connection, customer_id, seq) or abort(404)
    if entry.reason == "usage" and entry.request_id is not None:
        return words_of_usage(connection, customer_id, entry.request_id)
    grants = [one for one in receipt_grants.all(connection, customer_id=customer_id, seqs=[seq]) if one.position]
    restored = receipt_restored.all(connection, customer_id=customer_id, seq=seq)
    return entry_words(entry, wording.entry_title(entry), grants, restored)


def _charge(
    connection: Connection, customer_id: UUID, request_id: UUID
) -> tuple[Charge, list[GrantFound], dict[UUID, RuleRow]]:
    row = usage_of(connection, customer_id, request_id) or abort(404)
    rows = multiplier_rules.all(connection)
    seqs = [row.deduction_seq] if row.deduction_seq else []
    grants = receipt_grants.all(connection, customer_id=customer_id, seqs=seqs) if seqs else []
    corrections = receipt_corrections.all(connection, customer_id=customer_id, request_id=request_id)
    again = recalculated(row, [one.dated for one in rows], grants, corrections)
    return Charge(row, again, corrections, corrected(row, corrections)), grants, {one.id: one for one in rows}


def _shared(
    connection: Connection, actor: Actor, customer_id: UUID, entry: EntryFacts | None, typed: Typed | None, at: datetime
) -> dict[str, object]:
    panel = panel_of(connection, actor, entry, typed or Typed(), at) if entry else None
    return {
        "customer": receipt_customer.one(connection, customer_id=customer_id, now=at),
        "panel": panel,
        "account_link": _link("accounts.show", customer_id=customer_id),
        "approval_links": {one: _link("approvals.show", request_id=one) for one in _approvals(entry, panel)},
        "causes": wording.CAUSES,
        "ends": wording.ends,
    }


def _approvals(entry: EntryFacts | None, panel: Panel | None) -> list[UUID]:
    """The requests that decided this entry, or wait to give it back."""
    decided = [entry.approval_id] if entry and entry.approval_id else []
    return decided + [one.id for one in (panel.pending if panel else [])]


def _rendered(status: int, **context: object) -> Response:
    inside = urlsplit(request.headers.get("HX-Current-URL", "")).path.startswith("/support/accounts")
    response = render(PAGE, (REGION, EFFECT), is_inside=inside, **context)
    response.status_code = status
    return response


def _heading(row: UsageFacts) -> str:
    if row.credits_deducted:
        return f"{written(row.credits_deducted, unit=True)} for one request"
    return "Nothing deducted for one request" if row.credits_uncovered else "Nothing charged for one request"


def _link(endpoint: str, **values: object) -> str | None:
    """The address of a page this person may open, None where there is none."""
    known = endpoint in current_app.view_functions and may_open(endpoint)
    return url_for(endpoint, **values) if known else None  # type: ignore[arg-type]  # values of its own route


def _given_back(restored: list[RestoredTo]) -> Decimal:
    return total(one.amount for one in restored)


def _worth_showing(grants: list[GrantFound], row: UsageFacts) -> list[GrantFound]:
    """The grants drawn, and those that could have been: valid when the request started."""
    return [one for one in grants if one.position or one.grant.valid_at(row.started_at)]
