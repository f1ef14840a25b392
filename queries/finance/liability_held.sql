-- What the grants held just before an instant, read from the grants and their last postings and from no summary:
-- by kind and by when they expire, with what was paid for what was left.
with

heads as materialized (
    select user_id, seq, is_head
    from ledger_heads_at(cast(:at as timestamptz))
    where seq > 0
),

held as (
    -- Nothing moved since: what remains now remained then.
    select source.category, source.expires_at, source.granted, source.paid_usd, source.remaining
    from user_credit_source as source
    join heads on heads.user_id = source.user_id and heads.is_head
    where source.remaining > 0
    union all
    select source.category, source.expires_at, source.granted, source.paid_usd, posting.remaining_after
    from heads
    join user_credit_source as source on source.user_id = heads.user_id
    cross join lateral (
        select draw.remaining_after
        from credit_source_draw as draw
        where draw.user_id = source.user_id and draw.source_id = source.id and draw.seq <= heads.seq
        order by draw.seq desc
        limit 1
    ) as posting
    where not heads.is_head
        and source.created_at < cast(:at as timestamptz)
        and (source.expiry_posted_at is null or source.expiry_posted_at >= cast(:at as timestamptz))
        and posting.remaining_after > 0
),

aged as (
    select
        category,
        case
            when expires_at is null then 'never'
            when expires_at <= cast(:at as timestamptz) then 'expired'
            when expires_at <= cast(:at as timestamptz) + interval '7 days' then 'week'
            when expires_at <= cast(:at as timestamptz) + interval '30 days' then 'month'
            when expires_at <= cast(:at as timestamptz) + interval '90 days' then 'quarter'
            when expires_at <= cast(:at as timestamptz) + interval '365 days' then 'year'
            else 'later'
        end as age,
        remaining,
        paid_usd - realised_through(paid_usd, granted, granted - remaining) as deferred_usd
    from held
)

select
    category,
    age,
    count(*) as grants,
    sum(remaining) as credits,
    sum(deferred_usd) as deferred_usd
from aged
group by category, age
order by category, age;
