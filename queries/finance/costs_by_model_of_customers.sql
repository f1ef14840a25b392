-- What each model cost some customers in a period and in the one before it. Requests on the customer's own
-- key or that failed cost nothing and count as requests only.
with

grouped as (
    select
        provider_id,
        model_id,
        day >= cast(:start as date) as is_now,
        sum(requests)::bigint as requests,
        sum(priced_requests)::bigint as priced_requests,
        sum(unpriced_requests)::bigint as unpriced_requests,
        sum(vendor_cost_usd) as vendor_cost_usd
    from usage_customer_daily
    where day >= cast(:before_start as date)
        and day < cast(:end as date)
        and (cast(:providers as text[]) is null or provider_id in (select id from providers where name = any(cast(:providers as text[]))))
        and (cast(:models as text[]) is null or model_id = any(cast(:models as text[])))
        and (cast(:tiers as text[]) is null or tier = any(cast(:tiers as text[])))
        and (cast(:request_types as text[]) is null or request_type = any(cast(:request_types as text[])))
        and (cast(:key_modes as text[]) is null or key_mode = any(cast(:key_modes as text[])))
        and (cast(:statuses as text[]) is null or status = any(cast(:statuses as text[])))
        and (cast(:customers as uuid[]) is null or user_id = any(cast(:customers as uuid[])))
    group by 1, 2, 3
)

select
    providers.name as provider,
    providers.display_name as provider_title,
    grouped.model_id as model,
    grouped.is_now,
    grouped.requests,
    grouped.priced_requests,
    grouped.unpriced_requests,
    grouped.vendor_cost_usd
from grouped
join providers on providers.id = grouped.provider_id
order by providers.name, grouped.model_id, grouped.is_now;
