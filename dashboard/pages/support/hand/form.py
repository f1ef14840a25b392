"""What stands in the forms that grant and take credits."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from dashboard.engine.by_hand import CREDIT_DECIMALS, MOST_CREDITS, DeductionOrder, GrantOrder
from dashboard.engine.money import decimals, is_amount
from dashboard.pages.support.receipts.panel import ABOVE_ZERO, LONGEST_NUMBER, number

KINDS = {
    "admin_grant": "By hand",
    "bonus": "Bonus",
    "referral_reward": "Referral reward",
    "coupon_promotion": "Coupon",
    "purchase": "Bought, paid outside",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it is; `grant_id` makes a second click the same grant, `seen` is the amount shown to its sender."""

    grant_id: UUID
    credits: str = ""
    reason: str = ""
    note: str = ""
    source: str = "admin_grant"
    paid_usd: str = ""
    last_day: str = ""
    seen: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def amount(self) -> Decimal | None:
        """The credits typed; None if that is no amount of credits."""
        found = number(self.credits)
        is_sound = found is not None and 0 < found < MOST_CREDITS and decimals(found) <= CREDIT_DECIMALS
        return found if is_sound else None

    @property
    def paid(self) -> Decimal | None:
        """What was paid, USD; nothing typed is nothing paid, None is no amount."""
        found = number(self.paid_usd.replace("$", "")) if self.paid_usd.strip() else Decimal(0)
        return found if found is not None and is_amount(found) else None

    @property
    def expires_at(self) -> datetime | None:
        """The end of the last day, UTC; None for never, or for what is no day."""
        try:
            last = date.fromisoformat(self.last_day)
        except ValueError:
            return None
        return None if last == date.max else datetime.combine(last + timedelta(days=1), time(), UTC)

    def with_errors(self, errors: Mapping[str, str]) -> "Typed":
        """The same with what is wrong."""
        return replace(self, errors=errors)


def typed_of(form: Mapping[str, str]) -> Typed:
    """Read the form as it is."""
    return Typed(
        grant_id=_id(form.get("grant_id", "")),
        credits=form.get("credits", "").strip()[: LONGEST_NUMBER + 1],
        reason=form.get("reason", ""),
        note=form.get("note", ""),
        source=form.get("source", "admin_grant"),
        paid_usd=form.get("paid_usd", "").strip()[: LONGEST_NUMBER + 1],
        last_day=form.get("last_day", "").strip(),
        seen=form.get("seen", ""),
    )


def faults_of_grant(typed: Typed) -> dict[str, str]:
    """What cannot be read as it was typed; the rules say the rest."""
    found = {} if typed.amount is not None else {"credits": ABOVE_ZERO}
    if typed.paid is None:
        found["paid_usd"] = "Give an amount of US dollars, zero or more."
    if typed.last_day and typed.expires_at is None:
        found["last_day"] = "Give a day, or leave it empty: then it never expires."
    return found


def grant_order(typed: Typed, customer_id: UUID) -> GrantOrder:
    """The grant the form asks for."""
    return GrantOrder(
        customer_id,
        typed.grant_id,
        typed.amount or Decimal(0),
        typed.reason,
        source=typed.source,
        paid_usd=typed.paid or Decimal(0),
        expires_at=typed.expires_at,
    )


def deduction_order(typed: Typed, customer_id: UUID) -> DeductionOrder:
    """The deduction the form asks for."""
    return DeductionOrder(customer_id, typed.amount or Decimal(0), typed.reason)


def by_field(errors: Mapping[str, str]) -> dict[str, str]:
    """The rules speak of `expires_at`, the form of its last day."""
    return {"last_day" if name == "expires_at" else name: said for name, said in errors.items()}


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()
