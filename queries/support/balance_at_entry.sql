-- What a customer's balance was before one entry of the ledger: what the entry before it left.
select balance_after as balance
from credit_deduction_ledger
where user_id = :customer_id and seq < :seq
order by seq desc
limit 1;
