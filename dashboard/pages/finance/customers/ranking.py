"""The ranking: customers in the order asked for, page by page, with changes and shares."""

from dataclasses import dataclass
from decimal import Decimal

from flask import url_for

from dashboard.engine.figures import Figures, total
from dashboard.engine.liability import CATEGORIES
from dashboard.engine.margin import percent
from dashboard.engine.profitability import Account, Basis
from dashboard.pages.finance.customers.asked import Asked
from dashboard.reports.profitability import Customers
from dashboard.ui.changes import Change, change
from dashboard.ui.links import url_with
from dashboard.ui.navigation import endpoint_at
from dashboard.ui.periods import in_period

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One customer, or one tier of theirs (level 2), or a total."""

    label: str
    figures: Figures
    revenue_usd: Decimal
    margin_usd: Decimal
    margin_percent: Decimal | None
    change: Change | None = None
    share: Decimal | None = None
    basis: tuple[Basis, ...] | None = None
    tiers: str = ""
    parts: tuple["Line", ...] = ()
    is_small: bool = False
    pays_nothing: bool = False
    href: str | None = None
    margins_href: str | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """One page of the list, its totals, and where it goes on."""

    lines: list[Line]
    listed: Line
    everybody: Line | None
    first: int
    count: int
    newer: str | None
    older: str | None


def listed(asked: Asked, found: Customers) -> list[Account]:
    """The customers the list shows, in the order asked for; unknown ratios last."""
    accounts = [one for one in found.accounts if asked.lists(one, found.free_tiers)]
    reverse = asked.sort.direction == "descending"
    if asked.sort.key == "name":
        return sorted(accounts, key=lambda one: (one.name.lower(), one.id), reverse=reverse)
    values = [(_sort_value(asked, one), one.id, one) for one in accounts]
    known = sorted(((value, key, one) for value, key, one in values if value is not None), key=_first_two)
    known = known[::-1] if reverse else known
    return [one for _, _, one in known] + [one for value, _, one in values if value is None]


def ranking(asked: Asked, found: Customers) -> Ranking:
    """One page of the list; places count from the start of it."""
    accounts = listed(asked, found)
    start = next((place for place, one in enumerate(accounts, 1) if one.id == asked.after), 0)
    shown = accounts[start : start + PAGE]
    older = url_with(cursor=shown[-1].id) if start + PAGE < len(accounts) else None
    newer = None
    if start:
        newer = url_with(cursor=accounts[start - PAGE - 1].id if start > PAGE else None)
    whole = asked.value.revenue_usd(found.now)
    return Ranking(
        lines=[_line(asked, one, whole) for one in shown],
        listed=together(
            asked, f"All {len(accounts)}" if not asked.which else f"These {len(accounts)}", accounts, whole
        ),
        everybody=together(asked, "All customers", found.accounts, whole) if asked.which else None,
        first=start + 1,
        count=len(accounts),
        newer=newer,
        older=older,
    )


def together(asked: Asked, label: str, accounts: list[Account] | tuple[Account, ...], whole: Decimal) -> Line:
    """All of these customers in one line."""
    now, before = total(one.now for one in accounts), total(one.before for one in accounts)
    value = asked.value
    kinds = [one.basis for one in accounts if one.basis]
    basis = tuple(
        Basis(
            sum((kind.get(name, Basis()).credits for kind in kinds), Decimal(0)),
            sum((kind.get(name, Basis()).realised_usd for kind in kinds), Decimal(0)),
        )
        for name in CATEGORIES
    )
    share = percent(value.revenue_usd(now), whole)
    return Line(
        label,
        now,
        value.revenue_usd(now),
        value.margin_usd(now),
        value.margin_percent(now),
        change(value.margin_usd(now), value.margin_usd(before), "usd", "up"),
        share,
        basis if kinds else None,
    )


def _line(asked: Asked, one: Account, whole: Decimal) -> Line:
    value = asked.value
    share = percent(value.revenue_usd(one.now), whole)
    names = [asked.tiers.get(tier, tier) for tier, _ in one.tiers]
    narrowed = {"customer": one.id, "group": "customer,model", **({"value": "realised"} if value.realised else {})}
    return Line(
        one.name,
        one.now,
        value.revenue_usd(one.now),
        value.margin_usd(one.now),
        value.margin_percent(one.now),
        change(value.margin_usd(one.now), value.margin_usd(one.before), "usd", "up"),
        share,
        tuple(one.basis.get(name, Basis()) for name in CATEGORIES) if one.basis else None,
        ", ".join(names),
        tuple(_tier_line(asked, name, figures) for name, (_, figures) in zip(names, one.tiers, strict=True))
        if len(names) > 1
        else (),
        one.is_small,
        one.pays_nothing,
        url_for("accounts.show", customer_id=one.id) if endpoint_at("/support/accounts") else None,
        in_period("margins.index", **narrowed),
    )


def _tier_line(asked: Asked, label: str, figures: Figures) -> Line:
    value = asked.value
    return Line(
        label,
        figures,
        value.revenue_usd(figures),
        value.margin_usd(figures),
        value.margin_percent(figures),
    )


def _first_two(found: tuple[Decimal | int, str, Account]) -> tuple[Decimal | int, str]:
    return found[0], found[1]


def _sort_value(asked: Asked, one: Account) -> Decimal | int | None:
    values: dict[str, Decimal | int | None] = {
        "requests": one.now.requests,
        "credits": one.now.credits_deducted,
        "revenue": asked.value.revenue_usd(one.now),
        "cost": one.now.vendor_cost_usd,
        "margin": asked.value.margin_usd(one.now),
        "percent": asked.value.margin_percent(one.now),
    }
    return values[asked.sort.key]
