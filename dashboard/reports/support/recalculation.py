"""Every receipt recalculated by the engine, from what is stored of its origins, and compared with the books."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine import recalculation
from dashboard.engine.charging import Charge, charge
from dashboard.engine.credits import Policy
from dashboard.engine.rating import Rating, rate
from dashboard.engine.recalculation import Corrected, Difference, Figure, compared
from dashboard.engine.rules import Cell, DatedRule, Resolution, resolve
from dashboard.reports.pricing.multipliers import multiplier_rules
from dashboard.reports.support.entries import EntryFacts
from dashboard.reports.support.receipts import (
    CorrectionFound,
    GrantFound,
    UsageFacts,
    receipt_corrections,
    receipt_grants,
    receipt_usage,
)
from dashboard.sql import Query

ZERO = Decimal(0)
ENTRIES_AT_A_TIME = 2_000


@dataclass(frozen=True, slots=True)
class Recalculated:
    """What the engine makes of a request today, and every figure that differs from the books."""

    rating: Rating
    resolution: Resolution
    charge: Charge | None
    differences: list[Difference]

    @property
    def matches(self) -> bool:
        """Whether all of it comes out as it is stored."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class CustomerId:
    """A customer who used something."""

    user_id: UUID


@dataclass(frozen=True, slots=True)
class Checked:
    """One receipt of the books, checked."""

    customer_id: UUID
    request_id: UUID
    differences: list[Difference]


customers_with_usage = Query("support/customers_with_usage", CustomerId)


def dated_rules(connection: Connection) -> list[DatedRule]:
    """Return every rule ever approved, with its dates."""
    return [row.dated for row in multiplier_rules.all(connection)]


def recalculated(
    row: UsageFacts,
    rules: Sequence[DatedRule],
    grants: Sequence[GrantFound],
    corrections: Sequence[CorrectionFound] = (),
) -> Recalculated:
    """Rate and charge a request again and compare; `grants` are those its entry found."""
    resolution = resolve(rules, Cell(row.tier, row.provider_id, row.model), row.started_at)
    winner = resolution.winner
    rating = rate(row.usage, row.price, [winner.rule] if winner else [], row.policy)
    differences = compared(_stored(row), recalculation.rated(rating, row.policy))
    again = None
    if row.deduction_seq is not None and row.balance_before is not None:
        again = charge(rating.credits_due, row.started_at, [found.grant for found in grants])
        differences += compared(_paid(row, grants), recalculation.charged(again, row.balance_before))
        differences += _missing(grants, again)
    elif row.credits_deducted or row.credits_due != row.credits_uncovered:
        differences.append(Difference("Credits uncovered", row.credits_uncovered, row.credits_due))
    return Recalculated(rating, resolution, again, differences + _corrected(row, corrections))


def corrected(row: UsageFacts, corrections: Sequence[CorrectionFound]) -> Corrected:
    """What a request comes to with these corrections."""
    return Corrected(
        vendor_cost_usd=_added(row.vendor_cost_usd, [one.vendor_cost_usd for one in corrections]),
        value_usd=_added(row.value_usd, [one.value_usd for one in corrections]),
        credits_due=row.credits_due + recalculation.total(one.credits_due for one in corrections),
        credits_deducted=row.credits_deducted + recalculation.total(one.credits_deducted for one in corrections),
        credits_uncovered=row.credits_uncovered + recalculation.total(one.credits_uncovered for one in corrections),
        rounding_gain_usd=row.rounding_gain_usd + recalculation.total(one.rounding_gain_usd for one in corrections),
    )


def entry_differences(entry: EntryFacts, grants: Sequence[GrantFound]) -> list[Difference]:
    """Add up what an entry moved in its grants, and what that realised, and compare with the entry."""
    moved = [found for found in grants if found.position is not None]
    stored: dict[str, Figure] = {
        "Credits": entry.amount,
        "Balance after": entry.balance_after,
        "Realised revenue": entry.realised_revenue_usd,
    }
    again: dict[str, Figure] = {
        "Credits": recalculation.total(found.amount for found in moved),
        "Balance after": entry.balance_before + entry.amount,
        "Realised revenue": recalculation.total(_realised(found, entry) for found in moved),
    }
    for found in moved:
        stored[f"{found.origin} {found.id}, realised"] = found.realised_revenue_usd
        again[f"{found.origin} {found.id}, realised"] = _realised(found, entry)
    return compared(stored, again)


def every_receipt(connection: Connection) -> Iterator[Checked]:
    """Check every usage row of the books, customer by customer."""
    rules = dated_rules(connection)
    for customer in customers_with_usage.all(connection):
        rows = receipt_usage.all(connection, customer_id=customer.user_id, request_id=None)
        found = _grants_of(connection, customer.user_id, [row.deduction_seq for row in rows if row.deduction_seq])
        corrections = defaultdict(list)
        for one in receipt_corrections.all(connection, customer_id=customer.user_id, request_id=None):
            corrections[one.request_id].append(one)
        for row in rows:
            again = recalculated(row, rules, found.get(row.deduction_seq or 0, []), corrections[row.request_id])
            yield Checked(row.customer_id, row.request_id, again.differences)


def _grants_of(connection: Connection, customer_id: UUID, seqs: list[int]) -> dict[int, list[GrantFound]]:
    found = defaultdict(list)
    for start in range(0, len(seqs), ENTRIES_AT_A_TIME):
        some = seqs[start : start + ENTRIES_AT_A_TIME]
        for grant in receipt_grants.all(connection, customer_id=customer_id, seqs=some):
            found[grant.seq].append(grant)
    return found


def _stored(row: UsageFacts) -> dict[str, Figure]:
    return {
        "Cost status": row.cost_status,
        "Vendor cost": row.vendor_cost_usd,
        "Rule": row.scope if row.rule_id is None else f"{row.scope} {row.rule_id}",
        "Multiplier": row.multiplier,
        "Value": row.value_usd,
        "Value of a credit": row.unit_usd,
        "Increment": row.increment,
        "Credits due": row.credits_due,
        "Rounding gain": row.rounding_gain_usd,
    }


def _paid(row: UsageFacts, grants: Sequence[GrantFound]) -> dict[str, Figure]:
    stored: dict[str, Figure] = {
        "Credits deducted": row.credits_deducted,
        "Credits uncovered": row.credits_uncovered,
        "Realised revenue": row.realised_revenue_usd,
        "Balance after": row.balance_after,
    }
    for position, found in enumerate(_drawn(grants), start=1):
        stored[f"Draw {position}, grant"] = str(found.id)
        stored[f"Draw {position}, credits"] = -found.amount
        stored[f"Draw {position}, realised"] = found.realised_revenue_usd
    return stored


def _missing(grants: Sequence[GrantFound], again: Charge) -> list[Difference]:
    """One draw more, or fewer, than the books hold."""
    booked, drawn = Decimal(len(_drawn(grants))), Decimal(len(again.draws))
    return [] if booked == drawn else [Difference("Grants drawn", booked, drawn)]


def _drawn(grants: Sequence[GrantFound]) -> list[GrantFound]:
    return sorted((found for found in grants if found.position is not None), key=lambda found: found.position or 0)


def _corrected(row: UsageFacts, corrections: Sequence[CorrectionFound]) -> list[Difference]:
    found = []
    steps = [corrected(row, corrections[:n]) for n in range(len(corrections) + 1)]
    for one, (before, after) in zip(corrections, pairwise(steps), strict=True):
        if one.price is not None:
            policy = Policy(row.unit_usd, row.increment)
            again = recalculation.corrected(row.tokens, one.price, row.multiplier, policy, before.credits_deducted)
            found += [
                Difference(f"{two.figure}, correction {one.n}", two.stored, two.recalculated)
                for two in compared(recalculation.standing(after), again)
            ]
    return found


def _realised(found: GrantFound, entry: EntryFacts) -> Decimal:
    is_new = found.amount == found.granted and not found.remaining_before
    if entry.reason == "reversal" and found.replaces_source_id is not None and is_new:
        # A replacement takes with it exactly what was realised of the grant it stands for.
        return -found.paid_usd
    if is_new:
        return ZERO
    return recalculation.realised_by(found.paid_usd, found.granted, found.remaining_before, found.amount)


def _added(first: Decimal | None, rest: list[Decimal]) -> Decimal | None:
    return first if first is None and not rest else recalculation.total([first or ZERO, *rest])
