-- Customers who used credits lately and have the least left, from a place in that order on.
select user_id as customer_id, amount::text as place
from user_credit_balance
where last_deduction_at >= cast(:since as timestamptz)
    and (
        cast(:place as numeric) is null
        or (amount, user_id) > (cast(:place as numeric), cast(:customer_id as uuid))
    )
order by amount, user_id
limit :most;
