-- As charged, and what each of up to seven sets of prices would have charged, added up twice in one reading: by
-- spell (a customer and an interval between two moments at which the grants that may pay change), and by day and
-- rate (a tier, a provider and a model). Steps are whole numbers of the smallest step of credits at hand; first
-- and last are the customer's first and last entries of the ledger in a spell.
select
    grouping(rated.spell_no) = 0 as is_spell,
    rated.spell_no,
    rated.rate_no,
    rated.day,
    count(*) as requests,
    count(rated.steps_0) as charged_requests,
    count(*) - count(rated.vendor_cost) as unpriced_requests,
    sum_exactly(rated.vendor_cost) as vendor_cost_usd,
    sum_exactly(rated.credits_due) as credits_due,
    sum_exactly(rated.credits_uncovered) filter (where rated.credits_uncovered > 0) as credits_uncovered,
    sum_exactly(rated.realised_revenue_usd) as realised_revenue_usd,
    min(rated.deduction_seq) as first_seq,
    max(rated.deduction_seq) as last_seq,
    count(rated.deduction_seq) as entries,
    sum_whole(rated.steps_0) as steps_0,
    sum_whole(rated.steps_1) as steps_1,
    sum_whole(rated.steps_2) as steps_2,
    sum_whole(rated.steps_3) as steps_3,
    sum_whole(rated.steps_4) as steps_4,
    sum_whole(rated.steps_5) as steps_5,
    sum_whole(rated.steps_6) as steps_6
from (
    -- Its own WITH keeps this a step by itself: the planner would otherwise expect a group for every request,
    -- and sort a million of them.
    with

    spell as (
        select
            given.user_id,
            min(given.no) as first_no,
            coalesce(
                array_agg(given.turns_at order by given.turns_at) filter (where given.turns_at is not null), '{}'
            ) as turns
        from unnest(cast(:spells as integer[]), cast(:users as uuid[]), cast(:turns as timestamptz[]))
            as given (no, user_id, turns_at)
        group by given.user_id
    ),

    rate as (
        select * from jsonb_to_recordset(cast(:rates as jsonb)) as given (
            no integer, tier text, provider_id uuid, model_id text, starts_at timestamptz, ends_at timestamptz,
            f0 numeric, f1 numeric, f2 numeric, f3 numeric, f4 numeric, f5 numeric, f6 numeric,
            m0 numeric, m1 numeric, m2 numeric, m3 numeric, m4 numeric, m5 numeric, m6 numeric,
            u0 numeric, u1 numeric, u2 numeric, u3 numeric, u4 numeric, u5 numeric, u6 numeric,
            n0 bigint, n1 bigint, n2 bigint, n3 bigint, n4 bigint, n5 bigint, n6 bigint
        )
    )

    select
        spell.first_no + width_bucket(usage.request_started_at, spell.turns) as spell_no,
        rate.no as rate_no,
        (usage.request_started_at at time zone 'UTC')::date as day,
        usage.vendor_cost,
        usage.credits_due,
        usage.credits_uncovered,
        usage.realised_revenue_usd,
        usage.deduction_seq,
        replayed_steps(rateable.cost, rate.f0, rate.m0, rate.u0) * rate.n0 as steps_0,
        case when cast(:columns as integer) > 1 then replayed_steps(rateable.cost, rate.f1, rate.m1, rate.u1) * rate.n1 end as steps_1,
        case when cast(:columns as integer) > 2 then replayed_steps(rateable.cost, rate.f2, rate.m2, rate.u2) * rate.n2 end as steps_2,
        case when cast(:columns as integer) > 3 then replayed_steps(rateable.cost, rate.f3, rate.m3, rate.u3) * rate.n3 end as steps_3,
        case when cast(:columns as integer) > 4 then replayed_steps(rateable.cost, rate.f4, rate.m4, rate.u4) * rate.n4 end as steps_4,
        case when cast(:columns as integer) > 5 then replayed_steps(rateable.cost, rate.f5, rate.m5, rate.u5) * rate.n5 end as steps_5,
        case when cast(:columns as integer) > 6 then replayed_steps(rateable.cost, rate.f6, rate.m6, rate.u6) * rate.n6 end as steps_6
    from token_usage_ledger as usage
    -- Failed and limited requests and those on the customer's own key are charged nothing at any price.
    cross join lateral (
        select case when usage.key_mode = 'system' and usage.status in ('success', 'cancelled') then usage.vendor_cost end as cost
    ) as rateable
    left join spell on spell.user_id = usage.user_id
    left join rate
        on rate.tier = usage.user_tier_at_request
        and rate.provider_id = usage.provider_id
        and rate.model_id = usage.model_id
        and rate.starts_at <= usage.request_started_at
        and rate.ends_at > usage.request_started_at
    where usage.request_started_at >= cast(:start as timestamptz)
        and usage.request_started_at < cast(:end as timestamptz)
        -- Never before the request, so that the index serves.
        and usage.accounted_at >= cast(:start as timestamptz)
) as rated
group by grouping sets ((rated.spell_no), (rated.rate_no, rated.day));
