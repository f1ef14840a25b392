-- Changes of plan in mid-period of these days: how many, what they brought together and on average.
select
    count(*) as events,
    coalesce(sum(net_charge_usd), 0) as net_usd,
    avg(net_charge_usd) as average_usd,
    coalesce(sum(credits_granted - credits_withdrawn), 0) as credits
from proration_event
where status = 'applied'
    and effective_date >= cast(:since as timestamptz)
    and effective_date < cast(:until as timestamptz);
