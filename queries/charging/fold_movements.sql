-- Fold what moved the balances, about so many entries at once; pages are exact with or without it.
select fold_movements(cast(:most as integer)) as moved;
