"""One file per promise of speed; `make bench` runs them all and writes RESULTS.md."""
