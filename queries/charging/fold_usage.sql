-- Folds waiting deltas into the summaries, at most so many at once.
select fold_usage(cast(:most as integer)) as moved;
