-- Derive from the ledger again what moved the balances.
select rebuild_movements() as moved;
