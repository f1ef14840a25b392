-- How many requests to give credits of one entry back wait for a second person.
select count(*) as requests
from approval_request
where state = 'pending'
    and expires_at > cast(:now as timestamptz)
    and kind = 'reverse_entry'
    and payload ->> 'user_id' = cast(:customer_id as text)
    and payload ->> 'seq' = cast(:seq as text);
