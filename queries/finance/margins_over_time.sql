-- Revenue and cost per day, week or month of each group: what the chart and the
-- small lines in the table are drawn from. Days without usage are filled in by the caller.
with

grouped as (
    select
        case when cast(:by_provider as boolean) then provider_id end as provider_id,
        case when cast(:by_model as boolean) then model_id end as model_id,
        case when cast(:by_tier as boolean) then tier end as tier,
        case when cast(:by_request_type as boolean) then request_type end as request_type,
        case when cast(:by_key_mode as boolean) then key_mode end as key_mode,
        date_trunc(cast(:per as text), day::timestamp)::date as bucket,
        sum(vendor_cost_usd) as vendor_cost_usd,
        sum(list_revenue_usd) - coalesce(sum(list_reversed_usd) filter (where not cast(:as_corrected as boolean)), 0)
        - coalesce(sum(list_corrected_usd) filter (where cast(:as_corrected as boolean)), 0) as list_revenue_usd,
        sum(realised_revenue_usd) - coalesce(sum(realised_reversed_usd) filter (where not cast(:as_corrected as boolean)), 0)
        - coalesce(sum(realised_corrected_usd) filter (where cast(:as_corrected as boolean)), 0) as realised_revenue_usd
    from usage_daily
    where day >= cast(:start as date)
        and day < cast(:end as date)
        and (cast(:providers as text[]) is null or provider_id in (select id from providers where name = any(cast(:providers as text[]))))
        and (cast(:models as text[]) is null or model_id = any(cast(:models as text[])))
        and (cast(:tiers as text[]) is null or tier = any(cast(:tiers as text[])))
        and (cast(:request_types as text[]) is null or request_type = any(cast(:request_types as text[])))
        and (cast(:key_modes as text[]) is null or key_mode = any(cast(:key_modes as text[])))
        and (cast(:statuses as text[]) is null or status = any(cast(:statuses as text[])))
    group by 1, 2, 3, 4, 5, 6
)

select
    providers.name as provider,
    grouped.model_id as model,
    grouped.tier,
    grouped.request_type,
    grouped.key_mode,
    grouped.bucket,
    grouped.vendor_cost_usd,
    grouped.list_revenue_usd,
    grouped.realised_revenue_usd
from grouped
left join providers on providers.id = grouped.provider_id
order by grouped.bucket;
