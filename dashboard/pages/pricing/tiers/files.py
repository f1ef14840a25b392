"""Tiers and their versions as files."""

from dashboard.reports.pricing.tiers import TierRow, VersionRow
from dashboard.ui.exports import Column, Row

TERM_COLUMNS = (
    Column("Price per month, USD", "usd"),
    Column("Price per year, USD", "usd"),
    Column("Credits per month", "credits"),
    Column("Carried over at most, credits", "credits"),
    Column("Floor of the multiplier", "multiplier"),
    Column("Trial, days", "count"),
)
TIER_COLUMNS = (
    Column("Tier"),
    Column("Sold"),
    Column("In use"),
    Column("Since", "instant"),
    *TERM_COLUMNS,
    Column("Next version from", "instant"),
    Column("Subscribers", "count"),
    Column("On other terms than these", "count"),
    Column("Paid by them per year, USD", "usd"),
    Column("Credits granted to them per month", "credits"),
    Column("Credits deducted, 30 days", "credits"),
    Column("Credits due, 30 days", "credits"),
    Column("Vendor cost, 30 days, USD", "usd_exact"),
    Column("Vendor cost per credit, USD", "usd_exact"),
    Column("Use of the allowance, %", "percent"),
    Column("Break-even utilisation, %", "percent"),
    Column("Lowest multiplier in force", "multiplier"),
    Column("Multiplier that pays for full use", "multiplier"),
)
VERSION_COLUMNS = (
    Column("Tier"),
    Column("From", "instant"),
    Column("Until", "instant"),
    *TERM_COLUMNS,
    Column("Proposed by"),
    Column("Approved by"),
    Column("Why"),
)


def tier_line(row: TierRow) -> Row:
    """One tier as it holds now."""
    return (
        row.display_name,
        row.is_sold,
        row.is_active,
        row.effective_from,
        *_terms(row),
        row.next_starts_at,
        row.subscribers,
        row.on_other_terms,
        row.paid_a_year_usd,
        row.allowance_credits,
        row.credits_deducted,
        row.credits_due,
        row.vendor_cost_usd,
        row.cost_per_credit_usd,
        row.utilisation_percent,
        row.break_even_percent,
        row.lowest_multiplier,
        row.full_use_multiplier,
    )


def version_line(row: VersionRow) -> Row:
    """One version."""
    return (
        row.tier,
        row.effective_from,
        row.effective_until,
        *_terms(row),
        row.proposed_by,
        row.approved_by,
        row.why,
    )


def _terms(row: TierRow | VersionRow) -> Row:
    return (
        row.monthly_price_usd,
        row.annual_price_usd,
        row.monthly_credit_allocation,
        row.max_credit_rollover,
        row.floor_multiplier,
        row.trial_days,
    )
