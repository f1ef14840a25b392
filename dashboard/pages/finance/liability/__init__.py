"""Liability: what is owed in unused credits."""
