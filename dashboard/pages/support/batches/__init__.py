"""Incident batches: many deductions given back together."""
