-- Sums for a replay. Those of PostgreSQL keep a state of some hundred bytes for every group, which a million requests
-- in ten thousand groups look for in memory again and again; these keep the number itself. Exact as those are: of
-- whole numbers too large for eight bytes the sum is an error, never another number.
create aggregate sum_whole (bigint) (
    sfunc = int8pl, stype = bigint, initcond = '0', combinefunc = int8pl, parallel = safe
);
create aggregate sum_exactly (numeric) (
    sfunc = numeric_add, stype = numeric, initcond = '0', combinefunc = numeric_add, parallel = safe
);

-- A replay whose worker was ended is begun again from the start; the page says so.
alter table impact_run add column begun bigint not null default 0 check (begun >= 0);
grant update (begun) on impact_run to ledgerline_app;
