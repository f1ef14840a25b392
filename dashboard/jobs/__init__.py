"""Background work: what each job calls, and the worker that calls it by the clock."""
