"""Costs: what providers charged."""
