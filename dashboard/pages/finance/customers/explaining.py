"""How the figures of customers come about, in sentences with the figures in them."""

from decimal import Decimal

from dashboard.engine.profitability import SMALL_SAMPLE, Account, Subsidy
from dashboard.pages.finance.customers.asked import Asked
from dashboard.reports.profitability import Customers
from dashboard.ui.format import full, percent, plural, usd


def margin(asked: Asked, found: Customers) -> str:
    """The margin of all customers, which is that of Margins and the Overview."""
    name = "realised revenue" if asked.value.realised else "list revenue"
    revenue, cost = asked.value.revenue_usd(found.now), found.now.vendor_cost_usd
    meaning = (
        "what was really paid for the grants the credits came from"
        if asked.value.realised
        else "credits deducted × the credit’s unit value"
    )
    return (
        f"Margin = {name} − vendor cost = {full(revenue, 'usd')} − {full(cost, 'usd')} = "
        f"{full(asked.value.margin_usd(found.now), 'usd')}, the same as in Margins for these days; {name} is {meaning}, "
        "less what was given back. A request belongs to the tier its customer had when it started, so somebody who "
        "changed plans stands on both. Credits by kind of grant are those used less those given back, by the day they "
        f"were posted. Fewer than {SMALL_SAMPLE} requests are marked as a small sample."
    )


def losses(asked: Asked, losing: list[Account], unpaid: list[Account]) -> str:
    """Who loses money."""
    lost = sum((asked.value.margin_usd(one.now) for one in losing), Decimal(0))
    cost = sum((one.now.vendor_cost_usd for one in unpaid), Decimal(0))
    return (
        f"{plural(len(losing), 'customer')} whose vendor cost is above the {'realised' if asked.value.realised else 'list'} "
        f"revenue lose {usd(-lost)} together. {plural(len(unpaid), 'customer')} cost something although nothing was "
        f"really paid for the credits they used (free allowances, gifts, uncovered requests): {usd(cost)} of vendor cost."
    )


def subsidised(found: Subsidy, tiers: list[str]) -> str:
    """What the free tiers cost."""
    return (
        f"Vendor cost of requests rated on a tier that costs nothing ({', '.join(tiers) or 'none'}), less what was "
        f"really paid for credits used there: {full(found.vendor_cost_usd, 'usd')} − {full(found.realised_usd, 'usd')} = "
        f"{full(found.amount_usd, 'usd')}, for {plural(found.customers, 'customer')} and "
        f"{plural(found.requests, 'request')}. An allowance of such a tier is granted at $0, so using it realises nothing."
    )


def concentrated(asked: Asked, found: Customers, share: Decimal | None) -> str:
    """How much hangs on ten customers."""
    whole = asked.value.revenue_usd(found.now)
    return (
        f"The {'realised' if asked.value.realised else 'list'} revenue of the ten customers with the most of it, "
        f"÷ {full(whole, 'usd')} of all {plural(len(found.accounts), 'customer')} = {percent(share)}."
    )
