"""Ledger rows: every request as it was charged."""
