-- What the page of one request needs beyond its line in the list: what an approval binds to, the note,
-- when somebody was reminded, and the entry that carried it out.
select
    request.id,
    request.payload_sha256,
    note.body as note,
    request.payload ->> 'note_id' is not null and note.id is null as is_note_erased,
    reminded.announced_at as reminded_at,
    entry.seq as entry_seq,
    entry.amount as entry_amount,
    entry.balance_after as entry_balance_after,
    entry.created_at as carried_out_at
from approval_request as request
left join personal_note as note
    on note.user_id = cast(request.payload ->> 'user_id' as uuid)
    and note.id = cast(request.payload ->> 'note_id' as uuid)
left join announcement as reminded
    on reminded.object_kind = 'approval_request'
    and reminded.object_id = request.id
    and reminded.event = 'expiring'
left join credit_deduction_ledger as entry
    on entry.user_id = cast(request.payload ->> 'user_id' as uuid)
    and entry.approval_id = request.id
where request.id = cast(:id as uuid);
