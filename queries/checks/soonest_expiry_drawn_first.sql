-- While an earlier grant in draw order still holds credits and is valid for the request, no later
-- one is drawn; and while any holds credits, nothing is left uncovered. A grant holds credits in
-- stretches of the chain: from the entry that filled it to the entry that emptied it.
with

states as (
    select
        user_id,
        source_id,
        seq,
        remaining_after > 0 as is_open,
        lag(remaining_after > 0, 1, false) over history as was_open
    from credit_source_draw
    window history as (partition by user_id, source_id order by seq)
),

stretches as (
    select
        user_id,
        source_id,
        seq as from_seq,
        lead(seq, 1, 9223372036854775807) over (partition by user_id, source_id order by seq) as until_seq,
        is_open
    from states
    where is_open <> was_open
),

open_grants as materialized (
    select
        stretches.user_id,
        stretches.source_id,
        stretches.from_seq,
        stretches.until_seq,
        source.effective_at,
        coalesce(source.expires_at, 'infinity') as expires_at,
        source.priority
    from stretches
    join user_credit_source as source
        on source.user_id = stretches.user_id and source.id = stretches.source_id
    where stretches.is_open
),

drawn as materialized (
    select
        usage.user_id,
        usage.request_id,
        usage.request_started_at,
        usage.credits_uncovered,
        draw.seq,
        source.id as source_id,
        coalesce(source.expires_at, 'infinity') as expires_at,
        source.priority,
        source.effective_at
    from token_usage_ledger as usage
    join credit_source_draw as draw on draw.user_id = usage.user_id and draw.seq = usage.deduction_seq
    join user_credit_source as source on source.user_id = draw.user_id and source.id = draw.source_id
    union all
    -- A deduction asks for what is valid when it is posted, and never leaves anything unpaid.
    select
        entry.user_id,
        entry.request_id,
        entry.created_at,
        0,
        draw.seq,
        source.id,
        coalesce(source.expires_at, 'infinity'),
        source.priority,
        source.effective_at
    from credit_deduction_ledger as entry
    join credit_source_draw as draw on draw.user_id = entry.user_id and draw.seq = entry.seq
    join user_credit_source as source on source.user_id = draw.user_id and source.id = draw.source_id
    where entry.reason = 'deduct'
    union all
    -- A correction that charges draws what was valid when its request started, like usage reported late.
    select
        correction.user_id,
        correction.request_id,
        usage.request_started_at,
        correction.credits_uncovered,
        draw.seq,
        source.id,
        coalesce(source.expires_at, 'infinity'),
        source.priority,
        source.effective_at
    from usage_correction as correction
    join token_usage_ledger as usage using (user_id, request_id)
    join credit_source_draw as draw on draw.user_id = correction.user_id and draw.seq = correction.deduction_seq
    join user_credit_source as source on source.user_id = draw.user_id and source.id = draw.source_id
),

-- A request that paid nothing at all has no entry: its place in the chain is known by its time.
moments as (
    select user_id, created_at, seq, null::uuid as request_id, null::timestamptz as request_started_at
    from credit_deduction_ledger
    where user_id in (
        select user_id from token_usage_ledger where credits_uncovered > 0 and deduction_seq is null
    )
    union all
    select user_id, created_at, null, request_id, request_started_at
    from token_usage_ledger
    where credits_uncovered > 0 and deduction_seq is null
),

placed as materialized (
    select
        user_id,
        request_id,
        request_started_at,
        max(seq) over (history groups between unbounded preceding and 1 preceding) as after_seq,
        max(seq) over (history groups between unbounded preceding and current row) as before_seq
    from moments
    window history as (partition by user_id order by created_at)
)

select
    format('request %s/%s', drawn.user_id, drawn.request_id) as object,
    format('grant %s was drawn while grant %s was due and held credits', drawn.source_id, earlier.source_id) as detail
from drawn
join open_grants as earlier
    on earlier.user_id = drawn.user_id
    and earlier.from_seq <= drawn.seq
    and earlier.until_seq > drawn.seq
    and earlier.effective_at <= drawn.request_started_at
    and earlier.expires_at > drawn.request_started_at
where drawn.credits_uncovered > 0
    or (earlier.expires_at, earlier.priority, earlier.effective_at, earlier.source_id)
        < (drawn.expires_at, drawn.priority, drawn.effective_at, drawn.source_id)
union all
select
    format('request %s/%s', placed.user_id, placed.request_id) as object,
    format('nothing was drawn while grant %s held credits', held.source_id) as detail
from placed
join open_grants as held
    on held.user_id = placed.user_id
    and held.from_seq <= placed.after_seq
    and held.until_seq > placed.before_seq
    and held.effective_at <= placed.request_started_at
    and held.expires_at > placed.request_started_at
where placed.request_id is not null;
