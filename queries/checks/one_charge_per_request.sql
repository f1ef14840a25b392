-- A request is charged once, for ever.
select
    format('request %s/%s', user_id, request_id) as object,
    format('customer %s is charged by %s entries', user_id, count(*)) as detail
from credit_deduction_ledger
where reason in ('usage', 'deduct')
group by user_id, request_id
having count(*) > 1;
