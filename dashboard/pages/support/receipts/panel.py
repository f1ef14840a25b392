"""The panel that gives credits back: what was typed, and what would come of it, before the button."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import CREDIT_DECIMALS, LIMITS, MOST_CREDITS, WINDOW, why_second_person
from dashboard.engine.credits import in_words
from dashboard.engine.money import decimals
from dashboard.engine.permissions import Permission, may
from dashboard.engine.reversals import REASONS
from dashboard.pages.support.reversing import Line, lines_of, sentences_of
from dashboard.reports.support.entries import EntryFacts, PendingReversal, receipt_requests
from dashboard.reports.support.reversal_preview import ReversalPreview, preview_reversal
from dashboard.store.by_hand import given_by_hand
from dashboard.ui.format import credits as written

ZERO = Decimal(0)
LONGEST_NUMBER = 40
ABOVE_ZERO = "Give a number of credits above zero, with at most 6 decimals."
# A comma or narrow space only between thousands, no exponent, no digits of other scripts.
_NUMBER = re.compile(r"[+-]?(?:(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]*)?|\.[0-9]+)")


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form; `seen` is the amount whose consequences were shown."""

    part: str = "full"
    credits: str = ""
    reason: str = ""
    note: str = ""
    reversed_before: str = ""
    seen: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def amount(self) -> Decimal | None:
        """The part typed; None for all that is left."""
        return None if self.part == "full" else number(self.credits)

    @property
    def is_sound(self) -> bool:
        """Whether credits could be given back by it at all."""
        amount = self.amount
        if amount is None:
            return self.part == "full"
        return 0 < amount < MOST_CREDITS and decimals(amount) <= CREDIT_DECIMALS


@dataclass(frozen=True, slots=True)
class Panel:
    """What the page says before credits are given back, and what it may not."""

    preview: ReversalPreview
    typed: Typed
    lines: list[Line]
    sentences: list[str]
    second_person: str | None
    pending: list[PendingReversal]
    may_reverse: bool
    closed: str | None
    reasons: Mapping[str, str]

    @property
    def button(self) -> str:
        """The verb and the amount."""
        amount = written(self.preview.credits, unit=True)
        return f"Ask for approval to reverse {amount}" if self.second_person else f"Reverse {amount}"


def typed_of(form: Mapping[str, str]) -> Typed:
    """Read the form as it is."""
    return Typed(
        part="part" if form.get("part") == "part" else "full",
        credits=form.get("credits", "").strip()[: LONGEST_NUMBER + 1],
        reason=form.get("reason", ""),
        note=form.get("note", ""),
        reversed_before=form.get("reversed_before", ""),
        seen=form.get("seen", ""),
    )


def number(text: str) -> Decimal | None:
    """Read a number of credits as people type it; None if it is none, or could mean two: 1,5 is no fifteen."""
    typed = text.strip().replace("\N{NARROW NO-BREAK SPACE}", ",")
    return Decimal(typed.replace(",", "")) if len(typed) <= LONGEST_NUMBER and _NUMBER.fullmatch(typed) else None


def panel_of(connection: Connection, actor: Actor, entry: EntryFacts, typed: Typed, now: datetime) -> Panel | None:
    """Work the panel out; None for an entry that is no charge."""
    is_sound = typed.is_sound
    preview = preview_reversal(connection, entry.customer_id, entry.seq, typed.amount if is_sound else None, now)
    if preview is None or entry.amount >= 0:
        return None
    given = given_by_hand.one(connection, person_id=actor.person_id, since=now - WINDOW).credits
    moves = preview.refusal is None and is_sound
    return Panel(
        preview=preview,
        typed=typed,
        lines=lines_of(preview) if moves else [],
        sentences=_sentences(preview, actor, given) if moves else [],
        second_person=why_second_person(actor.role, preview.credits, given) if moves else None,
        pending=receipt_requests.all(connection, customer_id=entry.customer_id, seq=entry.seq, now=now),
        may_reverse=may(actor.role, Permission.CREDITS_CHANGE),
        closed=_closed(preview),
        reasons=REASONS,
    )


def _closed(preview: ReversalPreview) -> str | None:
    """Say why nothing of this entry can be given back, whatever the amount."""
    if preview.left == 0 or preview.customer.status == "deleted":
        return preview.refusal
    return None


def _sentences(preview: ReversalPreview, actor: Actor, given: Decimal) -> list[str]:
    said = sentences_of(preview)
    limit = LIMITS.get(actor.role)
    if limit is not None:
        said.append(
            f"Up to {in_words(limit)} credits in 24 hours you need no second person; {in_words(given) if given else 0} are used."
        )
    return said
