"""Subscriptions: who has which plan, and every act on one."""
