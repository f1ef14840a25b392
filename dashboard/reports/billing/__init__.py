"""What customers are billed and what they paid."""
