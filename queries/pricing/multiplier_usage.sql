-- What each tier used of each model between the instants at which a rule began or ended.
-- Whole days come from the daily summary, the days of a change from the hourly one, and only
-- the hours in which a rule changed from the ledger, so that its size does not matter. What the
-- ledger's rows do not explain of such an hour (reversals, corrections) stands at its beginning.
with

turns as (
    select turn
    from unnest(cast(:turns as timestamptz[])) as turn
),

split_days as (
    select distinct (turn at time zone 'UTC')::date as day
    from turns
    where date_trunc('day', turn, 'UTC') < turn
),

split_hours as (
    select distinct date_trunc('hour', turn, 'UTC') as hour
    from turns
    where date_trunc('hour', turn, 'UTC') < turn
),

-- A row of the ledger counts at its own instant, and no longer at the beginning of its hour.
moved as (
    select place.at, place.sign, found.delta
    from split_hours
    cross join lateral usage_rows_between(split_hours.hour, split_hours.hour + interval '1 hour') as found
    cross join lateral (values (found.at, 1), (split_hours.hour, -1)) as place (at, sign)
),

used as (
    select
        day::timestamp at time zone 'UTC' as at,
        1 as sign,
        provider_id, model_id, tier, key_mode, status, requests, priced_requests, unpriced_requests, vendor_cost_usd,
        credit_value_usd, credits_due, credits_deducted, credits_uncovered, credits_reversed,
        list_revenue_usd - list_reversed_usd as list_revenue_usd,
        realised_revenue_usd - realised_reversed_usd as realised_revenue_usd
    from usage_daily
    where day >= cast(:start as date)
        and day < cast(:end as date)
        and day not in (select day from split_days)
    union all
    select
        hour as at,
        1 as sign,
        provider_id, model_id, tier, key_mode, status, requests, priced_requests, unpriced_requests, vendor_cost_usd,
        credit_value_usd, credits_due, credits_deducted, credits_uncovered, credits_reversed,
        list_revenue_usd - list_reversed_usd as list_revenue_usd,
        realised_revenue_usd - realised_reversed_usd as realised_revenue_usd
    from split_days
    join usage_hourly
        on usage_hourly.hour >= split_days.day::timestamp at time zone 'UTC'
        and usage_hourly.hour < (split_days.day + 1)::timestamp at time zone 'UTC'
    union all
    select
        moved.at,
        moved.sign,
        (moved.delta).provider_id, (moved.delta).model_id, (moved.delta).tier, (moved.delta).key_mode,
        (moved.delta).status, (moved.delta).requests, (moved.delta).priced_requests, (moved.delta).unpriced_requests,
        (moved.delta).vendor_cost_usd, (moved.delta).credit_value_usd, (moved.delta).credits_due,
        (moved.delta).credits_deducted, (moved.delta).credits_uncovered, (moved.delta).credits_reversed,
        (moved.delta).list_revenue_usd, (moved.delta).realised_revenue_usd
    from moved
)

select
    width_bucket(used.at, cast(:turns as timestamptz[])) as part,
    used.provider_id,
    used.model_id as model,
    used.tier,
    used.key_mode = 'system' and used.status in ('success', 'cancelled') as is_charged,
    sum(used.sign * used.requests)::bigint as requests,
    sum(used.sign * used.priced_requests)::bigint as priced_requests,
    sum(used.sign * used.unpriced_requests)::bigint as unpriced_requests,
    sum(used.sign * used.vendor_cost_usd) as vendor_cost_usd,
    sum(used.sign * used.credit_value_usd) as credit_value_usd,
    sum(used.sign * used.credits_due) as credits_due,
    sum(used.sign * used.credits_deducted) as credits_deducted,
    sum(used.sign * used.credits_uncovered) as credits_uncovered,
    sum(used.sign * used.credits_reversed) as credits_reversed,
    sum(used.sign * used.list_revenue_usd) as list_revenue_usd,
    sum(used.sign * used.realised_revenue_usd) as realised_revenue_usd
from used
left join providers on providers.id = used.provider_id
where (cast(:providers as text[]) is null or providers.name = any(cast(:providers as text[])))
    and (cast(:models as text[]) is null or used.model_id = any(cast(:models as text[])))
    and (cast(:tiers as text[]) is null or used.tier = any(cast(:tiers as text[])))
group by 1, 2, 3, 4, 5
order by 1, 2, 3, 4, 5;
