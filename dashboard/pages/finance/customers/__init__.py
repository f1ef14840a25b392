"""Customers: who earns us money and who costs it."""
