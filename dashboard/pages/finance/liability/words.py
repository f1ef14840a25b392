"""How the lines of the roll-forward are called, and the reasons and spans behind them."""

CATEGORY_TITLES = {"paid": "Paid", "promotional": "Promotional", "allowance": "Allowance"}
LINE_TITLES = {
    "opening": "Opening",
    "granted": "Granted",
    "used": "Used",
    "expired": "Expired",
    "reversed": "Reversed",
    "rolled_over": "Rolled over",
    "clawed_back": "Clawed back",
    "prorated": "Prorated",
    "corrected": "Corrected",
    "closing": "Closing",
}
REASON_TITLES = {
    "allocation": "Allowances",
    "purchase": "Purchases",
    "coupon": "Coupons",
    "bonus": "Bonuses",
    "referral": "Referrals",
    "admin_grant": "Granted by hand",
    "opening": "Opening balances",
    "usage": "Usage",
    "deduct": "Deducted by a program",
    "expiry": "Expired",
    "reversal": "Given back",
    "rollover": "Rolled over",
    "clawback": "Clawed back",
    "proration": "Prorated",
    "correction": "Corrected",
    "out": "Out",
    "in": "In",
}
AGE_TITLES = {
    "expired": "Expired, not yet posted",
    "week": "Within 7 days",
    "month": "Within 30 days",
    "quarter": "Within 90 days",
    "year": "Within a year",
    "later": "Later",
    "never": "Never",
}
MEASURE_TITLES = {"credits": "Credits", "list": "List value", "deferred": "Deferred revenue"}
PER_TITLES = {"day": "Day", "week": "Week", "month": "Month"}
