"""Perpetual licences: the list, one licence, and what is done with it."""
