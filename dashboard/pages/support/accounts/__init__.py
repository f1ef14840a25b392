"""Accounts: finding a customer, and everything about one."""
