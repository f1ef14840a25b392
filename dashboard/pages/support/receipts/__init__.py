"""Receipts: how a charge came about, and giving it back."""
