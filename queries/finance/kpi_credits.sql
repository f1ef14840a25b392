-- Credits consumed in a period and in the one before it: what usage deducted, less what was given back in those days.
select
    coalesce(sum(credits_deducted - credits_reversed) filter (where day >= cast(:start as date)), 0) as now_credits,
    coalesce(sum(credits_deducted - credits_reversed) filter (where day < cast(:start as date)), 0) as before_credits
from usage_daily
where day >= cast(:before_start as date)
    and day < cast(:end as date);
