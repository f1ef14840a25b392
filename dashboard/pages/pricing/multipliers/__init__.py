"""Multipliers: what holds now, what it earned, which rule decides and why."""
