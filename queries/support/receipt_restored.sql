-- Where the credits of each reversal of an entry went: back to a grant, or to a new one in place of one that expired.
select
    reversal.seq,
    reversal.created_at,
    reversal.amount as credits,
    reversal.cause,
    reversal.reversed_after,
    operator.name as operator,
    note.body as note,
    reversal.approval_id,
    coalesce(replaced.origin, source.origin) as origin,
    replaced.id is not null as is_replacement,
    source.expires_at,
    posting.amount,
    posting.realised_revenue_usd
from credit_deduction_ledger as reversal
join credit_source_draw as posting on posting.user_id = reversal.user_id and posting.seq = reversal.seq
join user_credit_source as source on source.user_id = posting.user_id and source.id = posting.source_id
left join user_credit_source as replaced
    on replaced.user_id = source.user_id
    and replaced.id = source.replaces_source_id
    and posting.amount = source.granted
left join operator on operator.id = reversal.operator_id
left join personal_note as note on note.user_id = reversal.user_id and note.id = reversal.note_id
where reversal.user_id = cast(:customer_id as uuid) and reversal.reverses_seq = cast(:seq as bigint)
order by reversal.seq, posting.position;
