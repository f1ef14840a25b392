"""A batch as files: its deductions as a table, and what one customer got back in words."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from dashboard.engine.credits import in_words
from dashboard.reports.support.incidents import BatchItem, BatchRecord
from dashboard.ui.exports import Column, Row
from dashboard.ui.format import instant, plural

COLUMNS = (
    Column("Entry"),
    Column("Customer"),
    Column("Customer id"),
    Column("Request"),
    Column("Model"),
    Column("Started, UTC", "instant"),
    Column("Credits taken", "credits"),
    Column("Given back before, credits", "credits"),
    Column("To give back, credits", "credits"),
    Column("Outcome"),
    Column("Why"),
    Column("Reversal"),
    Column("Handled, UTC", "instant"),
)


WHERE_TO = (
    "The credits went back to the grants they were taken from. Where such a grant had expired meanwhile, "
    "you have a new one in its place."
)


def rows_of(items: Iterable[BatchItem]) -> Iterator[Row]:
    """One line a deduction."""
    for item in items:
        yield (
            f"{item.customer_id}-{item.seq}",
            item.customer,
            str(item.customer_id),
            str(item.request_id or ""),
            item.model or "",
            item.started_at,
            item.credits_taken,
            item.reversed_before,
            item.credits,
            item.state,
            item.why,
            f"{item.customer_id}-{item.reversal_seq}" if item.reversal_seq else "",
            item.handled_at,
        )


def letter(batch: BatchRecord, items: list[BatchItem], reason: str, at: datetime) -> str:
    """What one customer got back, in words to send them."""
    done = [item for item in items if item.state == "done"]
    total = in_words(sum((item.credits for item in done), start=done[0].credits * 0)) if done else "0"
    lines = [
        f"We have given {total} credits back to your account.",
        "",
        f"Why: {reason}.",
        f"It concerns {plural(len(done), 'request')} between {instant(batch.asked.start)} and {instant(batch.asked.end)}:",
        "",
        *(f"  {instant(item.started_at)}  {item.model or ''}  {in_words(item.credits)} credits" for item in done),
        "",
        WHERE_TO,
        f"Reference {batch.code}, {instant(at)}.",
    ]
    return "\n".join(lines) + "\n"
