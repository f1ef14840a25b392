-- What one person gave by hand since a moment without a second one, through whichever of their
-- accounts; without a person, what was given from the server's shell.
select coalesce(sum(entry.amount), 0) as credits
from credit_deduction_ledger as entry
where entry.cause is not null
    and entry.amount > 0
    and entry.approval_id is null
    and entry.api_key_id is null
    and entry.created_at > cast(:since as timestamptz)
    and (
        entry.operator_id in (select id from operator where person_id = cast(:person_id as uuid))
        or (entry.operator_id is null and cast(:person_id as uuid) is null)
    );
