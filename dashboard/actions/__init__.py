"""Every change: one verb per file, one transaction."""
