"""The twelve checks of a coupon, in their order; each a function of what is known, each with its code (fact sheet 2.12)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dashboard.engine.coupons import ON_A_PRICE, CouponTerms
from dashboard.engine.errors import RuleBrokenError

MOST_ATTEMPTS_PER_HOUR = 3
# More customers than this on one device is worth a look.
MOST_CUSTOMERS_PER_DEVICE = 5


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """A campaign as it stands: whether and when it runs, and what is left of its budget, USD."""

    is_active: bool
    start_date: datetime
    end_date: datetime
    budget_limit_usd: Decimal
    total_spent_usd: Decimal
    target_tier: str | None


@dataclass(frozen=True, slots=True)
class CouponFacts:
    """All that the checks look at, read at one instant; without `terms` there is no such coupon."""

    now: datetime
    terms: CouponTerms | None
    total_uses: int = 0
    uses_by_customer: int = 0
    campaign: CampaignFacts | None = None
    # What the customer has, or is about to buy.
    tier: str = "free"
    billing_cycle: str | None = None
    has_subscription: bool = False
    # What is bought, USD; None where nothing is.
    purchase_usd: Decimal | None = None
    # What this redemption gives away, USD.
    worth_usd: Decimal = Decimal(0)
    email_domain: str = ""
    balance: Decimal = Decimal(0)
    has_ever_paid: bool = False
    days_since_refund: int | None = None
    has_payment_method: bool = False
    critical_flags: int = 0
    attempts_last_hour: int = 0
    customers_on_device: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """One check: passed, or what it found. The last one only flags, it refuses nothing."""

    code: str
    title: str
    passed: bool
    detail: str
    flags_only: bool = False


class CouponRefusedError(RuleBrokenError):
    """A coupon that cannot be redeemed; `code` is that of the first check that failed."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(f"{detail} Nothing was changed.")


def check_coupon(facts: CouponFacts) -> list[Checked]:
    """Run all twelve in their order; without a coupon only the first says anything."""
    if facts.terms is None:
        return [
            Checked("COUPON_NOT_FOUND", TITLES["COUPON_NOT_FOUND"], passed=False, detail="There is no such coupon.")
        ]
    done = []
    for code, look in CHECKS.items():
        found = look(facts, facts.terms)
        done.append(Checked(code, TITLES[code], found is None, found or "", code in FLAGS_ONLY))
    return done


def first_refusal(checks: list[Checked]) -> Checked | None:
    """The first check that failed and refuses; None where the coupon can be redeemed."""
    return next((check for check in checks if not check.passed and not check.flags_only), None)


def _exists(_facts: CouponFacts, _terms: CouponTerms) -> str | None:
    return None


def _is_active(facts: CouponFacts, terms: CouponTerms) -> str | None:
    if not terms.is_active:
        return "The coupon is paused or ended."
    if facts.campaign is not None and not facts.campaign.is_active:
        return "Its campaign is paused or ended."
    return None


def _is_in_time(facts: CouponFacts, terms: CouponTerms) -> str | None:
    if facts.now < terms.valid_from:
        return f"The coupon is valid from {terms.valid_from:%-d %b %Y, %H:%M} UTC."
    if terms.valid_until is not None and facts.now >= terms.valid_until:
        return f"The coupon was valid until {terms.valid_until:%-d %b %Y, %H:%M} UTC."
    campaign = facts.campaign
    if campaign is not None and not campaign.start_date <= facts.now < campaign.end_date:
        return f"Its campaign runs from {campaign.start_date:%-d %b %Y} until {campaign.end_date:%-d %b %Y}."
    return None


def _is_for_tier(facts: CouponFacts, terms: CouponTerms) -> str | None:
    if facts.tier not in terms.tier_eligibility:
        return f"The coupon is not for the tier {facts.tier}."
    if facts.campaign is not None and facts.campaign.target_tier not in {None, facts.tier}:
        return f"Its campaign is for the tier {facts.campaign.target_tier}."
    if facts.billing_cycle is not None and facts.billing_cycle not in terms.billing_cycles:
        return f"The coupon is not for plans billed {facts.billing_cycle}."
    if terms.discount_type == "months_free" and not facts.has_subscription:
        return "There is no subscription whose period could be extended."
    return None


def _has_uses_left(facts: CouponFacts, terms: CouponTerms) -> str | None:
    if terms.max_uses is None or facts.total_uses < terms.max_uses:
        return None
    return f"All {terms.max_uses:,} uses are taken."


def _customer_has_uses_left(facts: CouponFacts, terms: CouponTerms) -> str | None:
    if facts.uses_by_customer < terms.max_uses_per_user:
        return None
    return f"This customer has used it {facts.uses_by_customer} of {terms.max_uses_per_user} times."


def _is_within_budget(facts: CouponFacts, _terms: CouponTerms) -> str | None:
    campaign = facts.campaign
    if campaign is None or campaign.total_spent_usd + facts.worth_usd <= campaign.budget_limit_usd:
        return None
    left = campaign.budget_limit_usd - campaign.total_spent_usd
    return f"The campaign has ${left:,.2f} of its budget left; this takes ${facts.worth_usd:,.2f}."


def _is_purchase_large_enough(facts: CouponFacts, terms: CouponTerms) -> str | None:
    if terms.discount_type in ON_A_PRICE and not facts.purchase_usd:
        return "Nothing is bought whose price it could lower."
    if terms.min_purchase_amount is None or (facts.purchase_usd or Decimal(0)) >= terms.min_purchase_amount:
        return None
    return f"The coupon needs a purchase of at least ${terms.min_purchase_amount:,.2f}."


def _keeps_rules(facts: CouponFacts, terms: CouponTerms) -> str | None:
    """The first rule of the coupon's own that is broken, in words."""
    for name, value in sorted(terms.rules.items()):
        broken = RULE_BROKEN[name](facts, value)
        if broken is not None:
            return broken
    return None


def _is_not_suspected(facts: CouponFacts, _terms: CouponTerms) -> str | None:
    return None if facts.critical_flags == 0 else "A critical sign of abuse waits to be looked at."


def _is_not_too_fast(facts: CouponFacts, _terms: CouponTerms) -> str | None:
    if facts.attempts_last_hour < MOST_ATTEMPTS_PER_HOUR:
        return None
    return f"{facts.attempts_last_hour} attempts within an hour; {MOST_ATTEMPTS_PER_HOUR} are allowed."


def _is_own_device(facts: CouponFacts, _terms: CouponTerms) -> str | None:
    if facts.customers_on_device <= MOST_CUSTOMERS_PER_DEVICE:
        return None
    return f"{facts.customers_on_device} customers came from this device."


def _first_time(facts: CouponFacts, _value: object) -> str | None:
    return "It is for customers who never paid before." if facts.has_ever_paid else None


def _domain(facts: CouponFacts, value: object) -> str | None:
    domains = [str(one) for one in value] if isinstance(value, list) else []
    return None if facts.email_domain in domains else f"It is for addresses at {', '.join(domains)}."


def _balance(facts: CouponFacts, value: object) -> str | None:
    return None if facts.balance >= Decimal(str(value)) else f"It needs a balance of at least {value} credits."


def _refunded(facts: CouponFacts, value: object) -> str | None:
    days = int(str(value))
    if facts.days_since_refund is None or facts.days_since_refund >= days:
        return None
    return f"It is not for customers refunded within {days} days."


def _payment_method(facts: CouponFacts, _value: object) -> str | None:
    return None if facts.has_payment_method else "It is for customers with a payment method on file."


RULE_BROKEN: dict[str, Callable[[CouponFacts, object], str | None]] = {
    "first_time_user_only": _first_time,
    "specific_email_domain": _domain,
    "minimum_credit_balance": _balance,
    "exclude_refunded_users": _refunded,
    "require_payment_method": _payment_method,
}
CHECKS: dict[str, Callable[[CouponFacts, CouponTerms], str | None]] = {
    "COUPON_NOT_FOUND": _exists,
    "COUPON_INACTIVE": _is_active,
    "COUPON_EXPIRED": _is_in_time,
    "TIER_NOT_ELIGIBLE": _is_for_tier,
    "MAX_USES_EXCEEDED": _has_uses_left,
    "MAX_USER_USES_EXCEEDED": _customer_has_uses_left,
    "CAMPAIGN_BUDGET_EXCEEDED": _is_within_budget,
    "MIN_PURCHASE_NOT_MET": _is_purchase_large_enough,
    "CUSTOM_RULE_FAILED": _keeps_rules,
    "FRAUD_DETECTED": _is_not_suspected,
    "VELOCITY_LIMIT_EXCEEDED": _is_not_too_fast,
    "DEVICE_FINGERPRINT_MISMATCH": _is_own_device,
}
FLAGS_ONLY = frozenset({"DEVICE_FINGERPRINT_MISMATCH"})
TITLES = {
    "COUPON_NOT_FOUND": "The coupon exists",
    "COUPON_INACTIVE": "It can be redeemed",
    "COUPON_EXPIRED": "It is valid now",
    "TIER_NOT_ELIGIBLE": "It is for this tier and billing cycle",
    "MAX_USES_EXCEEDED": "Uses are left",
    "MAX_USER_USES_EXCEEDED": "The customer has uses left",
    "CAMPAIGN_BUDGET_EXCEEDED": "The campaign’s budget is enough",
    "MIN_PURCHASE_NOT_MET": "The purchase is large enough",
    "CUSTOM_RULE_FAILED": "Its own rules are kept",
    "FRAUD_DETECTED": "No critical sign of abuse",
    "VELOCITY_LIMIT_EXCEEDED": "Not too many attempts within an hour",
    "DEVICE_FINGERPRINT_MISMATCH": "The device is not shared (only flagged)",
}
