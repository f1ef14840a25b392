-- Credits each customer used in the period, less what was given back, by kind of grant, with what was really paid
-- for them. By the day a movement was posted.
select
    user_id::text as customer_id,
    category,
    sum(credits_out - credits_in) as credits,
    sum(realised_usd) as realised_usd
from credit_movement_customer
where day >= cast(:start as date)
    and day < cast(:end as date)
    and reason in ('usage', 'deduct', 'reversal')
    and (cast(:customers as uuid[]) is null or user_id = any(cast(:customers as uuid[])))
group by user_id, category;
