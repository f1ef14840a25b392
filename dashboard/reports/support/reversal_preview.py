"""What a reversal would do, found by the engine without writing anything."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from dashboard.engine import margin
from dashboard.engine.recalculation import total
from dashboard.engine.reversals import (
    REVERSIBLE,
    NotReversedError,
    left_to_reverse,
    lost_to_clawback,
    reverse,
)
from dashboard.reports.settings import value_of
from dashboard.reports.support.entries import (
    CustomerNow,
    EntryFacts,
    entry_of,
    receipt_customer,
    receipt_restored,
    receipt_reversible,
)
from dashboard.sql import Query

ERASED = "This customer has been erased; their credits move no more. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Money:
    """What an entry earns, USD; no vendor cost where there is none or nobody knows it."""

    list_revenue_usd: Decimal
    realised_revenue_usd: Decimal
    vendor_cost_usd: Decimal | None
    unit_usd: Decimal
    accounted_at: datetime | None = None

    @property
    def list_margin_usd(self) -> Decimal | None:
        """List revenue − vendor cost."""
        return self._margin(self.list_revenue_usd)

    @property
    def realised_margin_usd(self) -> Decimal | None:
        """Realised revenue − vendor cost."""
        return self._margin(self.realised_revenue_usd)

    def less(self, credits_back: Decimal, realised_back_usd: Decimal) -> "Money":
        """The same after credits were given back, with the realised revenue (USD, above zero) they take along."""
        return Money(
            total([self.list_revenue_usd, -credits_back * self.unit_usd]),
            total([self.realised_revenue_usd, -realised_back_usd]),
            self.vendor_cost_usd,
            self.unit_usd,
            self.accounted_at,
        )

    def _margin(self, revenue_usd: Decimal) -> Decimal | None:
        return None if self.vendor_cost_usd is None else margin.margin_usd(revenue_usd, self.vendor_cost_usd)


@dataclass(frozen=True, slots=True)
class DayMargin:
    """One day of all customers, USD."""

    list_revenue_usd: Decimal
    realised_revenue_usd: Decimal
    vendor_cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class GrantChange:
    """What a reversal does to one grant; a replacement is new, so it has no `now`."""

    id: UUID
    origin: str
    category: str
    credits: Decimal
    now: Decimal | None
    after: Decimal
    expires_at: datetime | None
    is_replacement: bool
    expired_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReversalPreview:
    """What would become of an entry, its customer and its margin; with a `refusal` nothing would."""

    entry: EntryFacts
    customer: CustomerNow
    reversed_before: Decimal
    left: Decimal
    lost: Decimal
    credits: Decimal
    grants: list[GrantChange]
    money_now: Money
    money_after: Money
    day: date
    day_margin_now_usd: Decimal
    day_margin_after_usd: Decimal
    grace_days: int
    refusal: str | None = None

    @property
    def balance_now(self) -> Decimal:
        """The customer's balance."""
        return self.customer.balance

    @property
    def balance_after(self) -> Decimal:
        """The balance once the credits are back."""
        return self.customer.balance + self.credits

    @property
    def is_of_usage(self) -> bool:
        """Whether a request was charged by it, so that margins change."""
        return self.money_now.accounted_at is not None


money_of_entry = Query("support/receipt_money", Money)
margin_of_day = Query("support/margin_of_day", DayMargin)


def preview_reversal(
    connection: Connection, user_id: UUID, seq: int, credits_asked: Decimal | None, now: datetime
) -> ReversalPreview | None:
    """Work out what giving back some credits of an entry would do, or all that is left; None without such an entry."""
    entry = entry_of(connection, user_id, seq)
    if entry is None:
        return None
    customer = receipt_customer.one(connection, customer_id=user_id, now=now)
    found = receipt_reversible.all(connection, customer_id=user_id, seq=seq)
    draws = [draw.drawn for draw in found]
    grace_days = value_of(connection, "replacement_lives_days")
    refusal = _refusal(entry, customer)
    restored = []
    if refusal is None:
        try:
            restored = reverse(credits_asked, draws, now, timedelta(days=grace_days))
        except NotReversedError as error:
            refusal = str(error)
    by_id = {str(draw.id): draw for draw in found}
    grants = [
        GrantChange(
            id=(source := by_id[one.lot.name]).id,
            origin=source.origin,
            category=source.category,
            credits=one.credits,
            now=None if one.is_replacement else source.remaining,
            after=one.credits if one.is_replacement else source.remaining + one.credits,
            expires_at=one.expires_at if one.is_replacement else source.expires_at,
            is_replacement=one.is_replacement,
            expired_at=source.expires_at if one.is_replacement else None,
        )
        for one in reversed(restored)
    ]
    given = total(one.credits for one in restored)
    taken_back = -total(one.realised_usd for one in restored)
    before = money_of_entry.one(connection, customer_id=user_id, seq=seq)
    today = margin_of_day.one(connection, day=now.astimezone(UTC).date())
    day_margin = margin.margin_usd(today.list_revenue_usd, today.vendor_cost_usd)
    return ReversalPreview(
        entry=entry,
        customer=customer,
        reversed_before=_reversed(connection, user_id, seq),
        left=left_to_reverse(draws) if entry.reason in REVERSIBLE else Decimal(0),
        lost=lost_to_clawback(draws) if entry.reason in REVERSIBLE else Decimal(0),
        credits=given,
        grants=grants,
        money_now=before,
        money_after=before.less(given, taken_back),
        day=now.astimezone(UTC).date(),
        day_margin_now_usd=day_margin,
        day_margin_after_usd=total([day_margin, -given * before.unit_usd]),
        grace_days=grace_days,
        refusal=refusal,
    )


def _refusal(entry: EntryFacts, customer: CustomerNow) -> str | None:
    if customer.status == "deleted":
        return ERASED
    if entry.amount >= 0 or entry.reason not in REVERSIBLE:
        return str(NotReversedError("not_reversible"))
    return None


def _reversed(connection: Connection, user_id: UUID, seq: int) -> Decimal:
    found = receipt_restored.all(connection, customer_id=user_id, seq=seq)
    return max((one.reversed_after for one in found), default=Decimal(0))
