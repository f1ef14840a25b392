-- How many requests of one kind wait for a second person that ask for at least what is named, by anybody or one person.
select count(*) as requests
from approval_request
where state = 'pending'
    and expires_at > cast(:now as timestamptz)
    and kind = cast(:kind as text)
    and payload @> cast(:named as jsonb)
    and (cast(:person_id as uuid) is null or requested_person_id = cast(:person_id as uuid));
