"""Invoices: the list, one invoice, what was paid and what goes back."""
