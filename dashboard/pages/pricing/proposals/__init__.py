"""Proposals: what we charge, proposed by one person and approved by another."""
