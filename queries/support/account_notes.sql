-- The notes kept about a customer, the newest first, with the movement each belongs to.
select
    note.id as note_id,
    note.kind,
    note.body,
    note.created_at,
    operator.name as written_by,
    entry.seq,
    entry.reason
from personal_note as note
left join operator on operator.id = note.created_by
left join credit_deduction_ledger as entry
    on entry.user_id = note.user_id
    and entry.reason <> 'usage'
    and entry.note_id = note.id
where note.user_id = :customer_id
order by note.created_at desc, note.id
limit 50;
