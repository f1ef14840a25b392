"""What pricing reads: one module per page."""
