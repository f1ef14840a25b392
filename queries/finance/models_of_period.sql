-- Each model of the period with what it cost and earned: those without a price and
-- those that lose money ask for attention.
select
    providers.display_name as provider,
    providers.name as provider_name,
    usage.model_id as model,
    min(usage.day) filter (where usage.unpriced_requests > 0) as unpriced_since,
    sum(usage.unpriced_requests)::bigint as unpriced_requests,
    sum(usage.default_multiplier_requests)::bigint as default_multiplier_requests,
    sum(usage.vendor_cost_usd) as vendor_cost_usd,
    sum(usage.list_revenue_usd) - sum(usage.list_reversed_usd) as list_revenue_usd
from usage_daily as usage
join providers on providers.id = usage.provider_id
where usage.day >= cast(:start as date)
    and usage.day < cast(:end as date)
group by providers.display_name, providers.name, usage.model_id
order by sum(usage.vendor_cost_usd) desc, usage.model_id;
