"""Margins: the explorer."""
