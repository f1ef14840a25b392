"""What the pages call the words of coupons."""

from decimal import Decimal
from typing import Any

from dashboard.engine.coupon_checks import TITLES
from dashboard.engine.coupons import REVERSAL_CAUSES

STATUSES = (
    ("active", "Active"),
    ("scheduled", "Scheduled"),
    ("paused", "Paused"),
    ("used_up", "Used up"),
    ("expired", "Expired"),
    ("deleted", "Deleted"),
)
TYPES = (
    ("percentage", "Percentage"),
    ("fixed_amount", "Fixed amount"),
    ("tier_specific", "For some tiers"),
    ("duration_bonus", "Longer period"),
    ("perpetual_migration", "Move to a licence"),
)
DISCOUNTS = (
    ("percentage", "Percent off the price"),
    ("fixed_amount", "US dollars off the price"),
    ("credits", "Credits"),
    ("months_free", "Months free"),
)
CAMPAIGN_TYPES = (
    ("seasonal", "Seasonal"),
    ("win_back", "Win back"),
    ("referral", "Referral"),
    ("promotional", "Promotional"),
    ("early_bird", "Early bird"),
)
TONES = {
    "active": "good",
    "scheduled": "info",
    "planning": "info",
    "paused": "warn",
    "used_up": "",
    "expired": "",
    "ended": "",
    "deleted": "",
}
RULES = (
    ("first_time_user_only", "Only for customers who never paid"),
    ("specific_email_domain", "Only for e-mail addresses at"),
    ("minimum_credit_balance", "Needs a balance of, credits"),
    ("exclude_refunded_users", "Not for who was refunded within, days"),
    ("require_payment_method", "Needs a payment method on file"),
)
OUTCOMES = {"redeemed": "Redeemed", **TITLES}


def gives(discount_type: str, value: Decimal) -> str:
    """What a coupon gives in a few words: `25% off`, `$10.00 off`, `20 credits`, `2 months free`."""
    plain = f"{value.normalize():,f}"
    return {
        "percentage": f"{plain}% off",
        "fixed_amount": f"${value:,.2f} off",
        "credits": f"{plain} credits",
        "months_free": f"{plain} {'month' if value == 1 else 'months'} free",
    }[discount_type]


def words() -> dict[str, Any]:
    """What every template of coupons is given."""
    return {
        "gives": gives,
        "statuses": STATUSES,
        "types": TYPES,
        "discounts": DISCOUNTS,
        "campaign_types": CAMPAIGN_TYPES,
        "tones": TONES,
        "rule_words": RULES,
        "outcomes": OUTCOMES,
        "causes": REVERSAL_CAUSES,
    }
