-- Where what could be drawn does not last for a spell: which requests go uncovered, in the order in
-- which they were posted.
with

watched as (
    select *
    from unnest(
        cast(:spells as integer[]), cast(:users as uuid[]), cast(:starts as timestamptz[]), cast(:ends as timestamptz[]),
        cast(:scenarios as integer[]), cast(:lasting as numeric[])
    ) as given (spell_no, user_id, starts_at, ends_at, scenario, lasting)
),

rate as (
    select *
    from jsonb_to_recordset(cast(:rates as jsonb)) as given (
        no integer, scenario integer, tier text, provider_id uuid, model_id text, starts_at timestamptz,
        ends_at timestamptz, f numeric, m numeric, u numeric, n bigint
    )
),

-- By itself, so that each request is read once and not once for every rate.
used as materialized (
    select
        watched.spell_no,
        watched.scenario,
        watched.lasting,
        usage.user_tier_at_request,
        usage.provider_id,
        usage.model_id,
        usage.request_started_at,
        usage.created_at,
        usage.request_id,
        usage.vendor_cost
    from watched
    join token_usage_ledger as usage
        on usage.user_id = watched.user_id
        and usage.accounted_at >= cast(:start as timestamptz)
        and usage.request_started_at >= watched.starts_at
        and usage.request_started_at < watched.ends_at
        and usage.key_mode = 'system'
        and usage.status in ('success', 'cancelled')
),

due as (
    select
        used.spell_no,
        used.scenario,
        used.lasting,
        rate.no as rate_no,
        used.request_started_at,
        used.created_at,
        used.request_id,
        replayed_steps(used.vendor_cost, rate.f, rate.m, rate.u) * rate.n as steps
    from used
    join rate
        on rate.scenario = used.scenario
        and rate.tier = used.user_tier_at_request
        and rate.provider_id = used.provider_id
        and rate.model_id = used.model_id
        and rate.starts_at <= used.request_started_at
        and rate.ends_at > used.request_started_at
),

running as (
    select
        *,
        sum(steps) over (
            partition by scenario, spell_no
            order by created_at, request_started_at, request_id
            rows unbounded preceding
        ) as through
    from due
)

select
    spell_no,
    scenario,
    rate_no,
    (request_started_at at time zone 'UTC')::date as day,
    min(request_started_at) as first_at,
    count(*) as requests,
    sum(least(steps, through - lasting)) as steps
from running
where through > lasting and steps > 0
group by spell_no, scenario, rate_no, (request_started_at at time zone 'UTC')::date
order by scenario, spell_no, first_at;
