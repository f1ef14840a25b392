"""Replays: what another price would have done to real usage."""
