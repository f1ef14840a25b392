-- What corrections posted in a period add to its totals: few rows, none of them a request.
select
    count(*) as corrections,
    count(*) filter (where correction.prices_request) as priced_requests,
    coalesce(sum(correction.vendor_cost), 0) as vendor_cost_usd,
    coalesce(sum(correction.credit_value_usd), 0) as credit_value_usd,
    coalesce(sum(correction.credits_due), 0) as credits_due,
    coalesce(sum(correction.credits_deducted), 0) as credits_deducted,
    coalesce(sum(correction.credits_uncovered), 0) as credits_uncovered,
    coalesce(sum(correction.credits_deducted * usage.unit_usd), 0) as list_revenue_usd,
    coalesce(sum(correction.realised_revenue_usd), 0) as realised_revenue_usd,
    coalesce(sum(correction.rounding_gain_usd), 0) as rounding_gain_usd
from usage_correction as correction
join token_usage_ledger as usage using (user_id, request_id)
where correction.accounted_at >= cast(:start as date)::timestamp at time zone 'UTC'
    and correction.accounted_at < cast(:end as date)::timestamp at time zone 'UTC'
    and (cast(:providers as text[]) is null or provider_id in (select id from providers where name = any(cast(:providers as text[]))))
    and (cast(:models as text[]) is null or model_id = any(cast(:models as text[])))
    and (cast(:tiers as text[]) is null or user_tier_at_request = any(cast(:tiers as text[])))
    and (cast(:request_types as text[]) is null or request_type = any(cast(:request_types as text[])))
    and (cast(:key_modes as text[]) is null or key_mode = any(cast(:key_modes as text[])))
    and (cast(:statuses as text[]) is null or status = any(cast(:statuses as text[])))
    and (cast(:customers as uuid[]) is null or user_id = any(cast(:customers as uuid[])));
