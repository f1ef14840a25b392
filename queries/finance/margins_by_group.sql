-- Margin by any of five dimensions, in the period and in the one before it.
-- A dimension that was not asked for is null; the caller adds the groups up to a tree.
with

grouped as (
    select
        case when cast(:by_provider as boolean) then provider_id end as provider_id,
        case when cast(:by_model as boolean) then model_id end as model_id,
        case when cast(:by_tier as boolean) then tier end as tier,
        case when cast(:by_request_type as boolean) then request_type end as request_type,
        case when cast(:by_key_mode as boolean) then key_mode end as key_mode,
        day >= cast(:start as date) as is_now,
        sum(requests)::bigint as requests,
        sum(priced_requests)::bigint as priced_requests,
        sum(unpriced_requests)::bigint as unpriced_requests,
        sum(vendor_cost_usd) as vendor_cost_usd,
        sum(credit_value_usd) as credit_value_usd,
        sum(credits_due) as credits_due,
        sum(credits_deducted) as credits_deducted,
        sum(credits_uncovered) as credits_uncovered,
        coalesce(sum(credits_reversed) filter (where not cast(:as_corrected as boolean)), 0)
            + coalesce(sum(credits_corrected) filter (where cast(:as_corrected as boolean)), 0) as credits_reversed,
        sum(list_revenue_usd) - coalesce(sum(list_reversed_usd) filter (where not cast(:as_corrected as boolean)), 0)
            - coalesce(sum(list_corrected_usd) filter (where cast(:as_corrected as boolean)), 0) as list_revenue_usd,
        sum(realised_revenue_usd) - coalesce(sum(realised_reversed_usd) filter (where not cast(:as_corrected as boolean)), 0)
            - coalesce(sum(realised_corrected_usd) filter (where cast(:as_corrected as boolean)), 0) as realised_revenue_usd
    from usage_daily
    where day >= cast(:before_start as date)
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
    grouped.is_now,
    grouped.requests,
    grouped.priced_requests,
    grouped.unpriced_requests,
    grouped.vendor_cost_usd,
    grouped.credit_value_usd,
    grouped.credits_due,
    grouped.credits_deducted,
    grouped.credits_uncovered,
    grouped.credits_reversed,
    grouped.list_revenue_usd,
    grouped.realised_revenue_usd
from grouped
left join providers on providers.id = grouped.provider_id
order by providers.name, grouped.model_id, grouped.tier, grouped.request_type, grouped.key_mode, grouped.is_now;
