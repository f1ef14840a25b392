"""Pages of one area."""
