"""The rules: true without a computer. Imports nothing of ours and no framework."""
