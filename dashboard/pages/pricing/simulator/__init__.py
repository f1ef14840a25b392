"""The simulator: up to five scenarios side by side on the same real traffic."""
