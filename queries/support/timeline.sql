-- What happened to one customer, the newest first, from a place on: entries of the credit ledger by their number,
-- everything else by its time and key. Each kind is read from an index of its own and no further than a page needs,
-- so that a page costs the same however long the ledger is.
with

entries as (
    (
        select created_at as at, 'entry' as kind, '' as key, seq, request_id, 0 as n
        from credit_deduction_ledger
        where user_id = :customer_id
            and reason = 'usage'
            and seq < :seq
            and cast(:with_usage as boolean)
        order by seq desc
        limit :most
    )
    union all
    (
        select created_at, 'entry', '', seq, request_id, 0
        from credit_deduction_ledger
        where user_id = :customer_id
            and reason <> 'usage'
            and seq < :seq
            and reason = any(cast(:reasons as text[]))
        order by seq desc
        limit :most
    )
),

others as (
    (
        select created_at as at, 'uncharged' as kind, 'u' || request_id as key, null::bigint as seq, request_id, 0 as n
        from token_usage_ledger
        where user_id = :customer_id
            and deduction_seq is null
            and created_at <= cast(:at as timestamptz)
            and (created_at < cast(:at as timestamptz) or 'u' || request_id > :key)
            and cast(:with_uncharged as boolean)
        order by created_at desc, 'u' || request_id
        limit :most
    )
    union all
    (
        select created_at, 'correction', 'c' || request_id || '-' || n, null, request_id, n
        from usage_correction
        where user_id = :customer_id
            and deduction_seq is null
            and created_at <= cast(:at as timestamptz)
            and (created_at < cast(:at as timestamptz) or 'c' || request_id || '-' || n > :key)
            and cast(:with_corrections as boolean)
        order by created_at desc, 'c' || request_id || '-' || n
        limit :most
    )
    union all
    (
        select expires_at, 'hold', 'h' || id, null, request_id, 0
        from credit_hold
        where user_id = :customer_id
            and settled_at is null
            and released_at is null
            and expires_at <= least(cast(:at as timestamptz), cast(:now as timestamptz))
            and (expires_at < cast(:at as timestamptz) or 'h' || id > :key)
            and cast(:with_holds as boolean)
        order by expires_at desc, 'h' || id
        limit :most
    )
    union all
    (
        select raised_at, 'notice', 'n' || source_id || kind, null, null, 0
        from notice
        where user_id = :customer_id
            and raised_at <= cast(:at as timestamptz)
            and (raised_at < cast(:at as timestamptz) or 'n' || source_id || kind > :key)
            and cast(:with_notices as boolean)
        order by raised_at desc, 'n' || source_id || kind
        limit :most
    )
),

page as (
    select at, kind, key, seq, request_id, n from entries
    union all
    select at, kind, key, seq, request_id, n from others
    order by at desc, seq desc nulls last, key
    limit :most
)

select
    page.at,
    page.kind,
    page.key,
    page.seq,
    page.request_id,
    entry.reason,
    entry.amount,
    entry.balance_before,
    entry.balance_after,
    entry.reverses_seq,
    entry.cause,
    entry.realised_revenue_usd,
    reversed.credits as credits_reversed,
    moved.origin,
    usage.model_id as model,
    providers.display_name as provider_title,
    usage.status,
    usage.key_mode,
    usage.cost_status,
    usage.request_started_at as started_at,
    coalesce(correction.vendor_cost, usage.vendor_cost) as vendor_cost_usd,
    coalesce(correction.credits_due, usage.credits_due) as credits_due,
    coalesce(correction.credits_uncovered, usage.credits_uncovered) as credits_uncovered,
    hold.credits as credits_held,
    notice.kind as notice,
    notice.remaining_credits
from page
-- One look by the key for each line: joined as a table, the planner may read everything a customer ever did.
left join lateral (
    select
        moving.reason,
        moving.amount,
        moving.balance_before,
        moving.balance_after,
        moving.reverses_seq,
        moving.cause,
        moving.realised_revenue_usd
    from credit_deduction_ledger as moving
    where moving.user_id = :customer_id and moving.seq = page.seq
    limit 1
) as entry on true
left join lateral (
    select
        used.provider_id,
        used.model_id,
        used.status,
        used.key_mode,
        used.cost_status,
        used.request_started_at,
        used.vendor_cost,
        used.credits_due,
        used.credits_uncovered
    from token_usage_ledger as used
    where used.user_id = :customer_id and used.request_id = page.request_id
    limit 1
) as usage on true
left join providers on providers.id = usage.provider_id
left join lateral (
    select later.vendor_cost, later.credits_due, later.credits_uncovered
    from usage_correction as later
    where later.user_id = :customer_id and later.request_id = page.request_id and later.n = page.n
    limit 1
) as correction on page.kind = 'correction'
left join lateral (
    select lapsed.credits
    from credit_hold as lapsed
    where lapsed.user_id = :customer_id and lapsed.request_id = page.request_id
    limit 1
) as hold on page.kind = 'hold'
left join notice
    on page.kind = 'notice'
    and notice.user_id = :customer_id
    and page.key = 'n' || notice.source_id || notice.kind
left join lateral (
    select max(reversal.reversed_after) as credits
    from credit_deduction_ledger as reversal
    where reversal.user_id = :customer_id and reversal.reverses_seq = page.seq
) as reversed on true
-- The grant an entry moved first gives it its name; use draws on many and needs none.
left join lateral (
    select source.origin
    from credit_source_draw as draw
    join user_credit_source as source on source.user_id = draw.user_id and source.id = draw.source_id
    where draw.user_id = :customer_id and draw.seq = page.seq and entry.reason <> 'usage'
    order by draw.position
    limit 1
) as moved on true
order by page.at desc, page.seq desc nulls last, page.key;
