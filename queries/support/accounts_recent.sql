-- Customers by when credits were last taken from them, newest first, from a place in that order on.
select user_id as customer_id, last_deduction_at::text as place
from user_credit_balance
where last_deduction_at is not null
    and (
        cast(:place as timestamptz) is null
        or (last_deduction_at, user_id) < (cast(:place as timestamptz), cast(:customer_id as uuid))
    )
order by last_deduction_at desc, user_id desc
limit :most;
