"""A receipt in words for the customer: no vendor cost, no margin, no ids of ours."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.engine.recalculation import Corrected, total
from dashboard.reports.support.entries import EntryFacts, RestoredTo
from dashboard.reports.support.receipts import GrantFound, UsageFacts
from dashboard.ui.format import count, credits, day, instant

KINDS = {"completion": "Answer", "streaming": "Streamed answer", "batch": "Batch"}
ENDINGS = {
    "success": "answered",
    "cancelled": "stopped before its end",
    "failed": "failed",
    "rate_limited": "refused, because too many came at once",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What something is and how much of it; a part belongs to the line above it."""

    title: str
    value: str
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """A receipt as its customer may read it: for whom, of what, and its lines in groups."""

    customer: str
    about: list[str]
    groups: list[list[Line]]

    @property
    def title(self) -> str:
        """Its heading."""
        return f"Receipt for {self.customer}"

    @property
    def text(self) -> str:
        """All of it in plain lines, to copy."""
        groups = [[_plain(line) for line in group] for group in self.groups if group]
        lines = [self.title, *self.about]
        for group in groups:
            lines += ["", *group]
        return "\n".join(lines) + "\n"


def usage_words(
    row: UsageFacts, whole: Corrected, grants: Sequence[GrantFound], restored: Sequence[RestoredTo]
) -> Words:
    """What one request took from the balance, and why."""
    about = [
        f"{KINDS.get(row.request_type, row.request_type)} by {row.model} ({row.provider_title}), {ENDINGS[row.status]}",
        instant(row.started_at, seconds=True),
        f"Request {row.external_id or row.request_id}",
    ]
    return Words(row.customer, about, [_tokens(row), _charged(row, whole, grants), _returned(restored)])


def entry_words(entry: EntryFacts, title: str, grants: Sequence[GrantFound], restored: Sequence[RestoredTo]) -> Words:
    """What one movement did to the balance."""
    moved = credits(abs(entry.amount), unit=True)
    about = [
        f"{title}: {moved} {'added' if entry.amount > 0 else 'taken'}",
        instant(entry.created_at, seconds=True),
    ]
    added = [Line(f"{one.origin}{_ends(one)}", credits(one.amount, unit=True)) for one in grants if one.amount > 0]
    balance = [
        Line("Balance before", credits(entry.balance_before, unit=True)),
        Line("Balance after", credits(entry.balance_after, unit=True)),
    ]
    return Words(entry.customer, about, [balance, added if entry.amount > 0 else [], _returned(restored)])


def _tokens(row: UsageFacts) -> list[Line]:
    parts = [
        ("Tokens in", row.input_tokens),
        ("Tokens in, read from cache", row.cached_input_tokens),
        ("Tokens in, written to cache", row.cache_write_tokens),
        ("Tokens out", row.output_tokens),
    ]
    return [Line(title, count(number)) for title, number in parts if number]


def _charged(row: UsageFacts, whole: Corrected, grants: Sequence[GrantFound]) -> list[Line]:
    if row.key_mode == "own":
        return [Line("Charged", "nothing, because it ran on your own key")]
    if row.status in {"failed", "rate_limited"} or not whole.credits_deducted:
        return [Line("Charged", "nothing")]
    lines = [Line("Charged", credits(whole.credits_deducted, unit=True))]
    lines += [
        Line(f"from {one.origin}{_ends(one)}", credits(-one.amount), is_part=True) for one in grants if one.amount < 0
    ]
    if whole.credits_deducted != row.credits_deducted:
        later = whole.credits_deducted - row.credits_deducted
        lines.append(Line("of it later, once the price was known", credits(later), is_part=True))
    if row.balance_before is not None:
        lines += [
            Line("Balance before", credits(row.balance_before, unit=True)),
            Line("Balance after", credits(row.balance_after, unit=True)),
        ]
    return lines


def _returned(restored: Sequence[RestoredTo]) -> list[Line]:
    if not restored:
        return []
    lines = [Line("Given back", credits(total(one.amount for one in restored), unit=True))]
    for one in restored:
        where = f"to {one.origin}"
        if one.is_replacement and one.expires_at:
            where = f"as new credits until {day(one.expires_at)}, because {one.origin} had expired"
        lines.append(Line(f"on {day(one.created_at)}, {where}", credits(one.amount), is_part=True))
    return lines


def _plain(line: Line) -> str:
    return f"  {line.value} {line.title}" if line.is_part else f"{line.title}: {line.value}"


def _ends(one: GrantFound) -> str:
    return f", valid until {day(one.expires_at)}" if one.expires_at else ", valid for ever"
