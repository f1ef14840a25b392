-- The same rows from a place in the order upwards: the page before the one shown.
select
    usage.accounted_at,
    usage.request_started_at as started_at,
    usage.user_id as customer_id,
    usage.request_id,
    usage.external_id,
    users.name as customer,
    providers.name as provider,
    providers.display_name as provider_title,
    usage.model_id as model,
    usage.service,
    usage.user_tier_at_request as tier,
    usage.request_type,
    usage.status,
    usage.key_mode,
    usage.cost_status,
    usage.input_tokens,
    usage.cached_input_tokens,
    usage.cache_write_tokens,
    usage.output_tokens,
    usage.vendor_cost as vendor_cost_usd,
    usage.multiplier_scope,
    usage.margin_multiplier as multiplier,
    usage.credit_value_usd,
    usage.credits_due,
    usage.credits_deducted,
    usage.credits_uncovered,
    case when usage.cost_status <> 'unpriced' then usage.credits_deducted * usage.unit_usd end as list_revenue_usd,
    case when usage.cost_status <> 'unpriced' then usage.realised_revenue_usd end as realised_revenue_usd,
    usage.rounding_gain_usd
from token_usage_ledger as usage
join users on users.id = usage.user_id
join providers on providers.id = usage.provider_id
where usage.accounted_at >= cast(:start as date)::timestamp at time zone 'UTC'
    and usage.accounted_at < cast(:end as date)::timestamp at time zone 'UTC'
    and usage.accounted_at >= cast(:at as timestamptz)
    and (usage.accounted_at > cast(:at as timestamptz) or (usage.user_id, usage.request_id) < (cast(:user_id as uuid), cast(:request_id as uuid)))
    and (cast(:providers as text[]) is null or usage.provider_id = any(array(select id from providers where name = any(cast(:providers as text[])))))
    and (cast(:models as text[]) is null or usage.model_id = any(cast(:models as text[])))
    and (cast(:tiers as text[]) is null or usage.user_tier_at_request = any(cast(:tiers as text[])))
    and (cast(:request_types as text[]) is null or usage.request_type = any(cast(:request_types as text[])))
    and (cast(:key_modes as text[]) is null or usage.key_mode = any(cast(:key_modes as text[])))
    and (cast(:statuses as text[]) is null or usage.status = any(cast(:statuses as text[])))
    -- Of one customer the index gives the rows in their order; of several it cannot.
    and case
        when cast(:customers as uuid[]) is null then true
        when cardinality(cast(:customers as uuid[])) = 1 then usage.user_id = (cast(:customers as uuid[]))[1]
        else usage.user_id = any(cast(:customers as uuid[]))
    end
    and (cast(:cost_statuses as text[]) is null or usage.cost_status = any(cast(:cost_statuses as text[])))
    and (not cast(:uncovered as boolean) or usage.credits_uncovered > 0)
order by usage.accounted_at, usage.user_id desc, usage.request_id desc
limit cast(:most as bigint);
