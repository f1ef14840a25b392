-- What posting corrections for a model would change, by tier: requests that waited for a price and
-- requests whose price has another cost by today's history.
select
    tier.name as tier,
    tier.display_name,
    count(*) as requests,
    count(*) filter (where due.prices_request) as waiting,
    count(distinct due.user_id) as customers,
    count(*) filter (where not due.is_chargeable) as not_chargeable,
    sum(due.vendor_cost) as vendor_cost_usd,
    sum(due.credit_value_usd) as credit_value_usd,
    sum(due.credits_due) as credits_due
from corrections_due(
    (select id from providers where name = cast(:provider as text)),
    cast(:model as text),
    cast(:start as timestamptz),
    cast(:end as timestamptz)
) as due
join tier on tier.name = due.tier
group by tier.name, tier.display_name, tier.position
order by tier.position;
