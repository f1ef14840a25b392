-- What happened around some entries of one customer, in order: holds for the request, the entries themselves,
-- what was given back of them, and the expiry of grants they drew from.
with

told as (
    select
        hold.placed_at as at,
        'hold' as kind,
        null::bigint as seq,
        hold.credits,
        null::text as about,
        null::text as operator,
        null::text as note,
        hold.released_at as ended_at
    from credit_hold as hold
    where hold.user_id = cast(:customer_id as uuid) and hold.request_id = cast(:request_id as uuid)
    union all
    select
        entry.created_at,
        entry.reason,
        entry.seq,
        entry.amount,
        entry.cause,
        coalesce(operator.name, api_key.name),
        note.body,
        null
    from credit_deduction_ledger as entry
    left join operator on operator.id = entry.operator_id
    left join api_key on api_key.id = entry.api_key_id
    left join personal_note as note on note.user_id = entry.user_id and note.id = entry.note_id
    where entry.user_id = cast(:customer_id as uuid)
        and (entry.seq = any(cast(:seqs as bigint[])) or entry.reverses_seq = any(cast(:seqs as bigint[])))
    union all
    select
        expiry.created_at,
        'grant_expiry',
        expiry.seq,
        posting.amount,
        source.origin,
        null,
        null,
        source.expires_at
    from credit_source_draw as drawn
    join user_credit_source as source on source.user_id = drawn.user_id and source.id = drawn.source_id
    join credit_source_draw as posting on posting.user_id = drawn.user_id and posting.source_id = drawn.source_id
    join credit_deduction_ledger as expiry
        on expiry.user_id = posting.user_id and expiry.seq = posting.seq and expiry.reason = 'expiry'
    where drawn.user_id = cast(:customer_id as uuid)
        and drawn.seq = any(cast(:seqs as bigint[]))
        and posting.seq > drawn.seq
    union all
    -- A grant that had nothing left expires without an entry; what is left in it waits for usage reported late.
    select
        source.expires_at,
        'grant_ended',
        null,
        case when source.expiry_posted_at is null then source.remaining else 0 end,
        source.origin,
        null,
        null,
        source.expires_at
    from credit_source_draw as drawn
    join user_credit_source as source on source.user_id = drawn.user_id and source.id = drawn.source_id
    where drawn.user_id = cast(:customer_id as uuid)
        and drawn.seq = any(cast(:seqs as bigint[]))
        and source.expires_at <= cast(:now as timestamptz)
        and not exists (
            select
            from credit_source_draw as posting
            join credit_deduction_ledger as expiry
                on expiry.user_id = posting.user_id and expiry.seq = posting.seq and expiry.reason = 'expiry'
            where posting.user_id = source.user_id and posting.source_id = source.id
        )
)

select at, kind, seq, credits, about, operator, note, ended_at
from told
order by at, seq nulls first;
