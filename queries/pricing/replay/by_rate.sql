-- As charged, and what each of up to six sets of prices would have charged: by day and by rate, which
-- is a tier, a provider and a model. Steps are whole numbers of the smallest step of credits at hand.
select
    rated.rate_no,
    rated.day,
    count(*) as requests,
    count(rated.steps_0) as charged_requests,
    count(*) - count(rated.vendor_cost) as unpriced_requests,
    coalesce(sum(rated.vendor_cost), 0) as vendor_cost_usd,
    sum(rated.credits_due) as credits_due,
    sum(rated.credits_uncovered) as credits_uncovered,
    sum(rated.realised_revenue_usd) as realised_revenue_usd,
    coalesce(sum(rated.steps_0), 0) as steps_0,
    coalesce(sum(rated.steps_1), 0) as steps_1,
    coalesce(sum(rated.steps_2), 0) as steps_2,
    coalesce(sum(rated.steps_3), 0) as steps_3,
    coalesce(sum(rated.steps_4), 0) as steps_4,
    coalesce(sum(rated.steps_5), 0) as steps_5
from (
    -- Its own WITH keeps this a step by itself: the planner would otherwise expect a group for every
    -- request, and not add up in parallel.
    with

    rate as (
        select * from jsonb_to_recordset(cast(:rates as jsonb)) as given (
            no integer, is_charged boolean, tier text, provider_id uuid, model_id text, starts_at timestamptz, ends_at timestamptz,
            f0 numeric, f1 numeric, f2 numeric, f3 numeric, f4 numeric, f5 numeric,
            m0 numeric, m1 numeric, m2 numeric, m3 numeric, m4 numeric, m5 numeric,
            u0 numeric, u1 numeric, u2 numeric, u3 numeric, u4 numeric, u5 numeric,
            n0 bigint, n1 bigint, n2 bigint, n3 bigint, n4 bigint, n5 bigint
        )
    )

    select
        rate.no as rate_no,
        (usage.request_started_at at time zone 'UTC')::date as day,
        usage.vendor_cost,
        usage.credits_due,
        usage.credits_uncovered,
        usage.realised_revenue_usd,
        replayed_steps(usage.vendor_cost, rate.f0, rate.m0, rate.u0) * rate.n0 as steps_0,
        replayed_steps(usage.vendor_cost, rate.f1, rate.m1, rate.u1) * rate.n1 as steps_1,
        case when cast(:sets as integer) > 2 then replayed_steps(usage.vendor_cost, rate.f2, rate.m2, rate.u2) * rate.n2 end as steps_2,
        case when cast(:sets as integer) > 3 then replayed_steps(usage.vendor_cost, rate.f3, rate.m3, rate.u3) * rate.n3 end as steps_3,
        case when cast(:sets as integer) > 4 then replayed_steps(usage.vendor_cost, rate.f4, rate.m4, rate.u4) * rate.n4 end as steps_4,
        case when cast(:sets as integer) > 5 then replayed_steps(usage.vendor_cost, rate.f5, rate.m5, rate.u5) * rate.n5 end as steps_5
    from token_usage_ledger as usage
    left join rate
        -- Failed and limited requests and those on the customer's own key have rates that charge nothing.
        on rate.is_charged = (usage.key_mode = 'system' and usage.status in ('success', 'cancelled'))
        and rate.tier = usage.user_tier_at_request
        and rate.provider_id = usage.provider_id
        and rate.model_id = usage.model_id
        and rate.starts_at <= usage.request_started_at
        and rate.ends_at > usage.request_started_at
    where usage.request_started_at >= cast(:start as timestamptz)
        and usage.request_started_at < cast(:end as timestamptz)
        -- Never before the request, so that the index serves.
        and usage.accounted_at >= cast(:start as timestamptz)
) as rated
group by rated.rate_no, rated.day;
