"""What giving credits back does, in figures and words: for whoever asks, and for whoever decides."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dashboard.engine.credits import in_words
from dashboard.reports.support.reversal_preview import ReversalPreview
from dashboard.ui.format import credits as written
from dashboard.ui.format import day, plural


@dataclass(frozen=True, slots=True)
class Line:
    """One figure now and after."""

    title: str
    now: Decimal | None
    after: Decimal | None
    kind: str = "credits"
    is_margin: bool = False


def lines_of(preview: ReversalPreview) -> list[Line]:
    """The balance, each grant, and what the entry and its day earn."""
    before, after = preview.money_now, preview.money_after
    lines = [Line("Balance, credits", preview.balance_now, preview.balance_after)]
    for grant in preview.grants:
        until = f", to {_day(grant.expires_at, preview.day)}" if grant.expires_at else ""
        title = f"New grant{until}" if grant.is_replacement else f"{grant.origin}{until}"
        lines.append(Line(title, grant.now, grant.after))
    if not preview.is_of_usage:
        revenue = Line("Realised revenue", before.realised_revenue_usd, after.realised_revenue_usd, "usd_exact")
        return [*lines, revenue]
    lines.append(Line("List revenue", before.list_revenue_usd, after.list_revenue_usd, "usd_exact"))
    if before.vendor_cost_usd is not None:
        lines += [
            Line("Vendor cost, stays", before.vendor_cost_usd, after.vendor_cost_usd, "usd_exact"),
            Line("List margin", before.list_margin_usd, after.list_margin_usd, "usd_exact", is_margin=True),
            Line("Realised margin", before.realised_margin_usd, after.realised_margin_usd, "usd_exact", is_margin=True),
        ]
    title = f"List margin of {_day(preview.day, preview.day)}, all customers"
    lines.append(Line(title, preview.day_margin_now_usd, preview.day_margin_after_usd, "usd", is_margin=True))
    return lines


def sentences_of(preview: ReversalPreview) -> list[str]:
    """What the figures alone do not say."""
    said = [
        f"“{grant.origin}” has expired, so its {written(grant.credits, unit=True)} "
        f"{'returns' if grant.credits == 1 else 'return'} as a new grant for {plural(preview.grace_days, 'day')}."
        for grant in preview.grants
        if grant.is_replacement
    ]
    if preview.lost:
        said.append(f"{in_words(preview.lost)} credits came from a grant that was clawed back and are not restored.")
    accounted = preview.money_now.accounted_at
    if accounted is not None and accounted.date() != preview.day:
        said.append(
            f"It counts on {_day(preview.day, preview.day)}, the day it is posted; {_day(accounted, preview.day)} keeps its figures and shows it "
            "in a column of its own."
        )
    said.append("A reversal cannot be reversed.")
    return said


def _day(value: date, today: date) -> str:
    """A day, with its year only where that is another one."""
    return day(value, year=value.year != today.year)
