"""The database's own functions for charging, granting, expiring and folding."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dashboard.engine.grants import Plan
from dashboard.engine.receipts import Receipt
from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class OwnKey:
    """An event that is taken to have used the customer's own key."""

    position: int


@dataclass(frozen=True, slots=True)
class Charged:
    """What became of one request: charged, replayed (the same again) or conflict (same id, another body)."""

    position: int
    outcome: str
    credits_due: Decimal
    credits_deducted: Decimal
    credits_uncovered: Decimal
    cost_status: str
    multiplier_scope: str


@dataclass(frozen=True, slots=True)
class Posted:
    """How many grants or expiries were new."""

    posted: int


@dataclass(frozen=True, slots=True)
class Moved:
    """How many deltas were folded."""

    moved: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """One period of one subscription that has its credits."""

    subscription_id: UUID
    period_start: datetime


charge_one = Query("charging/charge_one", Receipt)
charge_together = Query("charging/charge_together", Receipt)
own_keys = Query("charging/own_keys", OwnKey)
charge_usage = Query("charging/charge_usage", Charged)
post_grants = Query("charging/post_grants", Posted)
post_expiries = Query("charging/post_expiries", Posted)
fold_usage = Query("charging/fold_usage", Moved)
rebuild_usage = Query("charging/rebuild_usage", Moved)
fold_movements = Query("charging/fold_movements", Moved)
rebuild_movements = Query("charging/rebuild_movements", Moved)
plans_running = Query("charging/plans_running", Plan)
allowances_known = Query("charging/allowances_known", Allowance)


@dataclass(frozen=True, slots=True)
class CorrectionTotals:
    """What corrections of usage came to: signed differences, USD and credits."""

    requests: int = 0
    priced: int = 0
    customers: int = 0
    vendor_cost_usd: Decimal = Decimal(0)
    credit_value_usd: Decimal = Decimal(0)
    credits_due: Decimal = Decimal(0)
    credits_deducted: Decimal = Decimal(0)
    credits_uncovered: Decimal = Decimal(0)
    list_revenue_usd: Decimal = Decimal(0)
    realised_revenue_usd: Decimal = Decimal(0)


correct_usage = Query("charging/correct_usage", CorrectionTotals)
