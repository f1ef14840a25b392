-- What the ledger rows of some customers of a period and its filters add up to, read from the summaries and
-- what waits to be folded. Corrections are in every sum; reversals stand apart.
select
    coalesce(sum(requests), 0)::bigint as requests,
    coalesce(sum(priced_requests), 0)::bigint as priced_requests,
    coalesce(sum(unpriced_requests), 0)::bigint as unpriced_requests,
    coalesce(sum(input_tokens + cached_input_tokens + cache_write_tokens), 0) as tokens_in,
    coalesce(sum(output_tokens), 0) as tokens_out,
    coalesce(sum(vendor_cost_usd), 0) as vendor_cost_usd,
    coalesce(sum(credit_value_usd), 0) as credit_value_usd,
    coalesce(sum(credits_due), 0) as credits_due,
    coalesce(sum(credits_deducted), 0) as credits_deducted,
    coalesce(sum(credits_uncovered), 0) as credits_uncovered,
    coalesce(sum(list_revenue_usd), 0) as list_revenue_usd,
    coalesce(sum(realised_revenue_usd), 0) as realised_revenue_usd,
    coalesce(sum(rounding_gain_usd), 0) as rounding_gain_usd,
    coalesce(sum(credits_reversed), 0) as credits_reversed,
    coalesce(sum(list_reversed_usd), 0) as list_reversed_usd,
    coalesce(sum(realised_reversed_usd), 0) as realised_reversed_usd
from usage_customer_daily
where day >= cast(:start as date)
    and day < cast(:end as date)
    and (cast(:providers as text[]) is null or provider_id in (select id from providers where name = any(cast(:providers as text[]))))
    and (cast(:models as text[]) is null or model_id = any(cast(:models as text[])))
    and (cast(:tiers as text[]) is null or tier = any(cast(:tiers as text[])))
    and (cast(:request_types as text[]) is null or request_type = any(cast(:request_types as text[])))
    and (cast(:key_modes as text[]) is null or key_mode = any(cast(:key_modes as text[])))
    and (cast(:statuses as text[]) is null or status = any(cast(:statuses as text[])))
    and (cast(:customers as uuid[]) is null or user_id = any(cast(:customers as uuid[])));
