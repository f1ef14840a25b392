"""`make storm`: charging under crashes and contests, at a size chosen by options."""
