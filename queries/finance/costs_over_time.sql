-- What each model cost per day, week or month: what the chart and the small lines are drawn from.
with

grouped as (
    select
        provider_id,
        model_id,
        date_trunc(cast(:per as text), day::timestamp)::date as bucket,
        sum(vendor_cost_usd) as vendor_cost_usd
    from usage_daily
    where day >= cast(:start as date)
        and day < cast(:end as date)
        and (cast(:providers as text[]) is null or provider_id in (select id from providers where name = any(cast(:providers as text[]))))
        and (cast(:models as text[]) is null or model_id = any(cast(:models as text[])))
        and (cast(:tiers as text[]) is null or tier = any(cast(:tiers as text[])))
        and (cast(:request_types as text[]) is null or request_type = any(cast(:request_types as text[])))
        and (cast(:key_modes as text[]) is null or key_mode = any(cast(:key_modes as text[])))
        and (cast(:statuses as text[]) is null or status = any(cast(:statuses as text[])))
    group by 1, 2, 3
)

select
    providers.name as provider,
    grouped.model_id as model,
    grouped.bucket,
    grouped.vendor_cost_usd
from grouped
join providers on providers.id = grouped.provider_id
order by grouped.bucket, providers.name, grouped.model_id;
