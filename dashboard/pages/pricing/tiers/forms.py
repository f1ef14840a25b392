"""The forms of tiers and policy: what was typed, and the order it makes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Generic, TypeVar

from dashboard.engine.credits import Policy
from dashboard.engine.plans import (
    PolicyOrder,
    Terms,
    TierStateOrder,
    TierVersionOrder,
    faults_of_policy,
    faults_of_state,
    faults_of_version,
)
from dashboard.reports.pricing.tiers import PolicyRow, VersionRow
from dashboard.ui.format import exact

THOUSANDS = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,18})?")
NO_NUMBER = "Give a number, such as 19 or 1.05."
NO_DAY = "Give a day such as 2027-01-31, or none for “at approval”."
TERMS = (
    ("monthly_price_usd", "Price per month, USD"),
    ("annual_price_usd", "Price per year, USD"),
    ("monthly_credit_allocation", "Credits per month"),
    ("max_credit_rollover", "Carried over at most"),
    ("floor_multiplier", "Floor of the multiplier"),
    ("trial_days", "Trial, days"),
)
POLICY = (("unit_usd", "Value of a credit, USD"), ("increment", "Charged in steps of"))

Row = TypeVar("Row", VersionRow, PolicyRow)
Order = TypeVar("Order", TierVersionOrder, PolicyOrder)
Held = TypeVar("Held", Terms, Policy)


@dataclass(frozen=True, slots=True)
class Form(Generic[Order, Held]):
    """What stands in the fields, what is wrong with it, the order it makes and what that is made from."""

    typed: Mapping[str, str]
    errors: Mapping[str, str]
    order: Order
    held: Held
    asked: bool

    @property
    def is_complete(self) -> bool:
        """Whether it can be proposed as it stands."""
        return self.asked and not self.errors


def version_form(
    given: Mapping[str, str], tier: str, versions: Sequence[VersionRow], now: datetime
) -> Form[TierVersionOrder, Terms]:
    """Read a new version of a tier; what was not typed is as in the version that holds when it starts."""
    errors: dict[str, str] = {}
    start = _day(given, errors)
    held = _held(versions, start or now)
    typed = {name: given.get(name, exact(getattr(held, name))) for name, _ in TERMS}
    numbers = {name: _number(typed[name], name, errors) for name, _ in TERMS}
    if numbers["trial_days"] != numbers["trial_days"].to_integral_value():
        errors["trial_days"] = "Give a whole number of days."
    order = TierVersionOrder(
        tier=tier,
        monthly_price_usd=numbers["monthly_price_usd"],
        annual_price_usd=numbers["annual_price_usd"],
        monthly_credit_allocation=numbers["monthly_credit_allocation"],
        max_credit_rollover=numbers["max_credit_rollover"],
        floor_multiplier=numbers["floor_multiplier"],
        trial_days=int(numbers["trial_days"]),
        based_on=held.effective_from,
        why=given.get("why", "").strip(),
        effective_from=start,
        urgent=given.get("urgent") == "yes",
    )
    asked = "why" in given
    if asked and not errors:
        errors.update(faults_of_version(order, held.terms, now))
    return Form(_also(typed, given), errors if asked else {}, order, held.terms, asked)


def policy_form(
    given: Mapping[str, str], policies: Sequence[PolicyRow], *, has_grants: bool, now: datetime
) -> Form[PolicyOrder, Policy]:
    """Read a new credit policy; what was not typed is as in the policy that holds when it starts."""
    errors: dict[str, str] = {}
    start = _day(given, errors)
    held = _held(policies, start or now)
    typed = {name: given.get(name, exact(getattr(held, name))) for name, _ in POLICY}
    numbers = {name: _number(typed[name], name, errors) for name, _ in POLICY}
    order = PolicyOrder(
        **numbers,
        based_on=held.effective_from,
        why=given.get("why", "").strip(),
        effective_from=start,
        urgent=given.get("urgent") == "yes",
    )
    asked = "why" in given
    if asked and not errors:
        errors.update(faults_of_policy(order, held.policy, has_grants=has_grants, now=now))
    return Form(_also(typed, given), errors if asked else {}, order, held.policy, asked)


def state_order(given: Mapping[str, str], tier: str) -> tuple[TierStateOrder, dict[str, str]]:
    """Read whether a tier is to be sold and in use, and what is wrong with that."""
    order = TierStateOrder(
        tier=tier,
        was_sold=given.get("was_sold") == "yes",
        was_active=given.get("was_active") == "yes",
        is_sold=given.get("is_sold") == "yes",
        is_active=given.get("is_active") == "yes",
        why=given.get("why", "").strip(),
        urgent=given.get("urgent") == "yes",
    )
    return order, faults_of_state(order)


def _held(rows: Sequence[Row], at: datetime) -> Row:
    return max((row for row in rows if row.effective_from <= at), key=lambda row: row.effective_from, default=rows[-1])


def _also(typed: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    return {**typed, **{name: given.get(name, "") for name in ("effective_from", "why", "urgent")}}


def _number(text: str, name: str, errors: dict[str, str]) -> Decimal:
    plain = text.strip().removeprefix("$").replace("\N{NARROW NO-BREAK SPACE}", "")
    if THOUSANDS.fullmatch(plain):
        # Any other comma may be a decimal one: 19,50 is refused, not read as 1950.
        plain = plain.replace(",", "")
    if NUMBER.fullmatch(plain):
        return Decimal(plain)
    errors[name] = NO_NUMBER
    return Decimal(0)


def _day(given: Mapping[str, str], errors: dict[str, str]) -> datetime | None:
    text = given.get("effective_from", "").strip()
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        errors["effective_from"] = NO_DAY
        return None
