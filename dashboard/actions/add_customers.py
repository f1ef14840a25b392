"""Add customers with the plan each starts with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from dashboard.db import transaction
from dashboard.engine.actors import Actor
from dashboard.engine.customers import NewCustomer, billing_period
from dashboard.engine.fields import shown
from dashboard.store.audit import record
from dashboard.store.catalogue import Tier, TierVersion
from dashboard.store.customers import Customer, Preferences, Subscription, TierChange, UniqueKey


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one customer: added, known (the same again), or refused with a code and its reason."""

    outcome: str
    reason: str | None = None


def sold_tiers() -> frozenset[str]:
    """Return the tiers a customer can start with."""
    with transaction() as session:
        return frozenset(session.scalars(select(Tier.name).where(Tier.is_sold, Tier.is_active)))


def add_customers(customers: Sequence[NewCustomer], *, actor: Actor, now: datetime) -> list[Added]:
    """Add customers in one transaction and say what became of each, in order; a known e-mail is never changed."""
    with transaction() as session:
        known = _known(session, customers)
        fresh: dict[str, NewCustomer] = {}
        outcomes = []
        for customer in customers:
            earlier = known.get(customer.email) or fresh.get(customer.email)
            outcomes.append(_compared(customer, earlier) if earlier else Added("added"))
            if earlier is None:
                fresh[customer.email] = customer
        if fresh:
            _insert(session, list(fresh.values()), now)
            record(session, actor, "add_customers", "customer", after={"customers": len(fresh)}, now=now)
    return outcomes


def _known(session: Session, customers: Sequence[NewCustomer]) -> dict[str, NewCustomer | str]:
    """Return by e-mail who is there already, as they once came in; or the code of why they cannot be compared."""
    taken = select(UniqueKey.user_id, UniqueKey.value).where(
        UniqueKey.kind == "email", UniqueKey.value.in_([customer.email for customer in customers])
    )
    addresses: dict[UUID, str] = dict(session.execute(taken).all())
    plans = _first_plans(session, list(addresses))
    found: dict[str, NewCustomer | str] = {}
    for account in session.scalars(select(Customer).where(Customer.id.in_(addresses))):
        address = addresses[account.id]
        if account.id in plans:
            plan, tier = plans[account.id]
            found[address] = NewCustomer(
                address, account.name, tier, plan.billing_cycle, plan.started_at, plan.reset_day_of_month
            )
        else:
            found[address] = "other_account"
    return found


def _first_plans(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[Subscription, str]]:
    """Return the plan each customer started with, and the tier it had then."""
    rows = session.execute(
        select(Subscription, TierChange.tier)
        .join(
            TierChange,
            (TierChange.user_id == Subscription.user_id) & (TierChange.effective_at == Subscription.started_at),
        )
        .where(Subscription.user_id.in_(ids))
        .order_by(Subscription.started_at.desc())
    )
    return {plan.user_id: (plan, tier) for plan, tier in rows}


def _compared(customer: NewCustomer, earlier: NewCustomer | str) -> Added:
    if isinstance(earlier, str):
        return Added(
            earlier, "this e-mail belongs to an account that did not come from a file; nothing of it was changed"
        )
    different = [
        f"{name} {shown(getattr(customer, field))} instead of {shown(getattr(earlier, field))}"
        for field, name in _COLUMN_OF.items()
        if getattr(customer, field) != getattr(earlier, field)
    ]
    if different:
        return Added(
            "other_data", f"this e-mail is known with other data ({'; '.join(different)}); nothing of it was changed"
        )
    return Added("known")


_COLUMN_OF = {
    "name": "name",
    "tier": "tier",
    "billing_cycle": "billing_interval",
    "started_at": "started_at",
    "reset_day": "reset_day_of_month",
}


def _insert(session: Session, customers: Sequence[NewCustomer], now: datetime) -> None:
    versions = session.scalars(select(TierVersion).order_by(TierVersion.effective_from)).all()
    keys = [{"kind": "email", "value": customer.email, "user_id": customer.user_id} for customer in customers]
    session.execute(insert(Customer), [_account(customer) for customer in customers])
    session.execute(insert(UniqueKey), keys)
    session.execute(insert(Preferences), [{"user_id": customer.user_id} for customer in customers])
    session.execute(insert(Subscription), [_subscription(customer, versions, now) for customer in customers])
    session.execute(insert(TierChange), [_tier_change(customer) for customer in customers])


def _account(customer: NewCustomer) -> dict[str, object]:
    return {
        "id": customer.user_id,
        "email": customer.email,
        "name": customer.name,
        "registered_at": customer.started_at,
    }


def _subscription(customer: NewCustomer, versions: Sequence[TierVersion], now: datetime) -> dict[str, object]:
    """Price and credits are those of the tier when the customer started."""
    held = [row for row in versions if row.tier == customer.tier and row.effective_from <= customer.started_at][-1]
    annual = customer.billing_cycle == "annual"
    start, end = billing_period(customer.started_at, customer.billing_cycle, now)
    return {
        "user_id": customer.user_id,
        "id": customer.subscription_id,
        "tier": customer.tier,
        "billing_cycle": customer.billing_cycle,
        "status": "active",
        "base_price_usd": held.annual_price_usd if annual else held.monthly_price_usd,
        "monthly_credit_allocation": held.monthly_credit_allocation,
        "reset_day_of_month": customer.reset_day,
        "started_at": customer.started_at,
        "current_period_start": start,
        "current_period_end": end,
    }


def _tier_change(customer: NewCustomer) -> dict[str, object]:
    return {
        "user_id": customer.user_id,
        "effective_at": customer.started_at,
        "tier": customer.tier,
        "subscription_id": customer.subscription_id,
        "reason": "start",
    }
