"""Billing → Coupons: what is promised, who redeemed it, and redeeming it for a customer."""
