"""Credits granted and taken by hand."""
