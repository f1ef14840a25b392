"""Pricing → Vendor prices: what vendors charge, what sources say otherwise, usage priced late."""
