-- The same request id under two customers is allowed and charged to both, but seldom meant.
select
    'request ' || request_id as object,
    format('used by %s customers', count(*)) as detail
from token_usage_ledger
group by request_id
having count(*) > 1;
