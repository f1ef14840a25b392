"""Tiers and the credit policy: what holds, what is asked for, and who must agree."""
