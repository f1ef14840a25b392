-- What everything but use moved, by reason: together with use it is the balance, so use is what is missing.
select
    reason,
    count(*) as entries,
    sum(amount) as credits
from credit_deduction_ledger
where user_id = :customer_id and reason <> 'usage'
group by reason
order by reason;
