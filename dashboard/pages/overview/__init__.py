"""The Overview: the first page, for everybody."""
