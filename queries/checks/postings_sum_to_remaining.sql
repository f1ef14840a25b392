-- A grant holds what its postings add up to, starting with the whole of it.
with

running as (
    select
        user_id,
        source_id,
        seq,
        amount,
        remaining_after,
        sum(amount) over history as remaining,
        row_number() over history as place,
        row_number() over (partition by user_id, source_id order by seq desc) as place_from_end
    from credit_source_draw
    window history as (partition by user_id, source_id order by seq)
),

broken_postings as (
    select
        user_id,
        source_id,
        format('after entry %s it should hold %s, written is %s', seq, remaining, remaining_after) as detail
    from running
    where remaining <> remaining_after
),

broken_ends as (
    select
        source.user_id,
        source.id as source_id,
        format(
            'granted %s, first posting %s; remaining %s, last posting leaves %s',
            source.granted, first.amount, source.remaining, last.remaining
        ) as detail
    from user_credit_source as source
    left join running as first
        on first.user_id = source.user_id and first.source_id = source.id and first.place = 1
    left join running as last
        on last.user_id = source.user_id and last.source_id = source.id and last.place_from_end = 1
    where (source.granted, source.remaining) is distinct from (first.amount, last.remaining)
)

select format('grant %s of customer %s', source_id, user_id) as object, detail
from broken_postings
union all
select format('grant %s of customer %s', source_id, user_id) as object, detail
from broken_ends;
