"""What the support desk reads: one module per page."""
