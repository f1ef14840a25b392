-- Where what could be drawn does not last for a spell: which requests go uncovered, in the order in
-- which they were posted.
with

watched as (
    select *
    from unnest(
        cast(:spells as integer[]), cast(:users as uuid[]), cast(:starts as timestamptz[]), cast(:ends as timestamptz[]),
        cast(:columns as integer[]), cast(:lasting as numeric[])
    ) as given (spell_no, user_id, starts_at, ends_at, price_column, lasting)
),

rate as (
    select *
    from jsonb_to_recordset(cast(:rates as jsonb)) as given (
        no integer, price_column integer, tier text, provider_id uuid, model_id text, starts_at timestamptz,
        ends_at timestamptz, f numeric, m numeric, u numeric, n bigint
    )
),

-- By itself, so that each request is read once and not once for every rate.
used as materialized (
    select
        watched.spell_no,
        watched.price_column,
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
        used.price_column,
        used.lasting,
        rate.no as rate_no,
        used.request_started_at,
        used.created_at,
        used.request_id,
        replayed_steps(used.vendor_cost, rate.f, rate.m, rate.u) * rate.n as steps
    from used
    join rate
        on rate.price_column = used.price_column
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
            partition by price_column, spell_no
            order by created_at, request_started_at, request_id
            rows unbounded preceding
        ) as through
    from due
)

select
    spell_no,
    price_column,
    rate_no,
    (request_started_at at time zone 'UTC')::date as day,
    min(request_started_at) as first_at,
    count(*) as requests,
    sum(least(steps, through - lasting)) as steps
from running
where through > lasting and steps > 0
group by spell_no, price_column, rate_no, (request_started_at at time zone 'UTC')::date
order by price_column, spell_no, first_at;
