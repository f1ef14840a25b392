"""A receipt in words for the customer: no vendor cost, no margin, no ids of ours."""

from collections.abc import Sequence

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


def usage_words(row: UsageFacts, whole: Corrected, grants: Sequence[GrantFound], restored: Sequence[RestoredTo]) -> str:
    """What one request took from the balance, and why."""
    lines = [
        f"Receipt for {row.customer}",
        f"{KINDS.get(row.request_type, row.request_type)} by {row.model} ({row.provider_title}), {ENDINGS[row.status]}",
        instant(row.started_at, seconds=True),
        f"Request {row.external_id or row.request_id}",
        "",
        *_tokens(row),
        "",
        *_charged(row, whole, grants),
        *_returned(restored),
    ]
    return "\n".join(lines).rstrip() + "\n"


def entry_words(entry: EntryFacts, title: str, grants: Sequence[GrantFound], restored: Sequence[RestoredTo]) -> str:
    """What one movement did to the balance."""
    moved = credits(abs(entry.amount), unit=True)
    lines = [
        f"Receipt for {entry.customer}",
        f"{title}: {moved} {'added' if entry.amount > 0 else 'taken'}",
        instant(entry.created_at, seconds=True),
        "",
        f"Balance before: {credits(entry.balance_before, unit=True)}",
        f"Balance after:  {credits(entry.balance_after, unit=True)}",
    ]
    if entry.amount > 0:
        lines += ["", *(_until(one) for one in grants if one.amount > 0)]
    return "\n".join([*lines, *_returned(restored)]).rstrip() + "\n"


def _tokens(row: UsageFacts) -> list[str]:
    parts = [
        ("Tokens in", row.input_tokens),
        ("Tokens in, read from cache", row.cached_input_tokens),
        ("Tokens in, written to cache", row.cache_write_tokens),
        ("Tokens out", row.output_tokens),
    ]
    return [f"{title}: {count(number)}" for title, number in parts if number]


def _charged(row: UsageFacts, whole: Corrected, grants: Sequence[GrantFound]) -> list[str]:
    if row.key_mode == "own":
        return ["It ran on your own key, so no credits were charged."]
    if row.status in {"failed", "rate_limited"}:
        return ["No credits were charged."]
    if not whole.credits_deducted:
        return ["No credits were charged."]
    lines = [f"Charged: {credits(whole.credits_deducted, unit=True)}"]
    lines += [f"  {credits(-one.amount)} from {one.origin}{_ends(one)}" for one in grants if one.amount < 0]
    if whole.credits_deducted != row.credits_deducted:
        later = whole.credits_deducted - row.credits_deducted
        lines.append(f"  {credits(later, unit=True)} of it later, once the price was known")
    if row.balance_before is not None:
        lines += [
            f"Balance before: {credits(row.balance_before, unit=True)}",
            f"Balance after:  {credits(row.balance_after, unit=True)}",
        ]
    return lines


def _returned(restored: Sequence[RestoredTo]) -> list[str]:
    if not restored:
        return []
    lines = ["", f"Given back: {credits(total(one.amount for one in restored), unit=True)}"]
    for one in restored:
        where = f"to {one.origin}"
        if one.is_replacement and one.expires_at:
            where = f"as new credits until {day(one.expires_at)}, because {one.origin} had expired"
        lines.append(f"  {day(one.created_at)}: {credits(one.amount)} {where}")
    return lines


def _until(one: GrantFound) -> str:
    return f"{credits(one.amount, unit=True)}: {one.origin}{_ends(one)}"


def _ends(one: GrantFound) -> str:
    return f", valid until {day(one.expires_at)}" if one.expires_at else ", valid for ever"
