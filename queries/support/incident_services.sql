-- The services requests came from lately: what a batch can be narrowed to.
select distinct service
from (
    select service
    from token_usage_ledger
    order by accounted_at desc
    limit 5000
) as latest
order by service
limit 50;
