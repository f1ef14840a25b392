-- Derives every summary from the ledgers again.
select rebuild_usage() as moved;
