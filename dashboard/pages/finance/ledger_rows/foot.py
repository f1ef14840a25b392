"""What stands below the rows: unlike things in lines of their own, so that each column can be added up."""

from dataclasses import dataclass
from decimal import Decimal

from dashboard.reports.ledger_rows import Corrections, Narrowing, Totals
from dashboard.ui.format import plural

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the foot; None is not known, or not of this kind."""

    label: str
    tokens_in: Decimal | None = None
    tokens_out: Decimal | None = None
    vendor_cost_usd: Decimal | None = None
    credits_due: Decimal | None = None
    credits_deducted: Decimal | None = None
    credits_uncovered: Decimal | None = None
    margin_usd: Decimal | None = None
    margin_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Foot:
    """The lines, how many rows there are (None: not counted), and a sentence where they cover more than is listed."""

    lines: list[Line]
    rows: int | None
    note: str = ""


def foot(asked: Narrowing, totals: Totals, corrections: Corrections) -> Foot:
    """Add up what is listed, as far as the summaries know it."""
    if asked.uncovered or asked.cost == "estimated":
        return _of_more(asked, totals)
    if asked.cost == "unpriced":
        return Foot([Line(f"All {plural(totals.unpriced_requests, 'unpriced row')}")], totals.unpriced_requests)
    if asked.cost == "none":
        nothing = Line(f"All {plural(totals.uncharged_requests, 'row')}", None, None, *[ZERO] * 5)
        return Foot([nothing], totals.uncharged_requests)
    if asked.cost == "priced":
        rows = totals.without(corrections)
        line = _line(f"All {plural(rows.priced_requests, 'priced row')}", rows, tokens=False)
        return Foot([line], rows.priced_requests)
    return Foot(_lines(totals, corrections), totals.requests)


def _of_more(asked: Narrowing, totals: Totals) -> Foot:
    what = "uncovered credits" if asked.uncovered else "an estimated cost"
    same = " Uncovered credits are the same for both." if asked.uncovered and not asked.cost else ""
    note = f"The totals are of all rows in these days and filters, also those without {what}.{same}"
    return Foot([_line(f"All {plural(totals.requests, 'row')}, with and without {what}", totals)], None, note)


def _lines(totals: Totals, corrections: Corrections) -> list[Line]:
    lines = [_line(f"All {plural(totals.requests, 'row')}", totals.without(corrections))]
    if corrections.corrections:
        lines.append(_correction_line(corrections))
        lines.append(_line("Rows as corrected", totals))
    if totals.credits_reversed:
        lines.append(
            Line(
                "Reversed in these days",
                credits_deducted=-totals.credits_reversed,
                margin_usd=-totals.list_reversed_usd,
            )
        )
        lines.append(_line("Net of reversals, as in Margins", totals.net_of_reversals()))
    return lines


def _line(label: str, totals: Totals, *, tokens: bool = True) -> Line:
    return Line(
        label,
        totals.tokens_in if tokens else None,
        totals.tokens_out if tokens else None,
        totals.vendor_cost_usd,
        totals.credits_due,
        totals.credits_deducted,
        totals.credits_uncovered,
        totals.gross_margin_usd,
        totals.margin_percent,
    )


def _correction_line(corrections: Corrections) -> Line:
    return Line(
        f"{plural(corrections.corrections, 'correction')} posted in these days",
        vendor_cost_usd=corrections.vendor_cost_usd,
        credits_due=corrections.credits_due,
        credits_deducted=corrections.credits_deducted,
        credits_uncovered=corrections.credits_uncovered,
        margin_usd=corrections.gross_margin_usd,
    )
