-- Requests to give credits of one entry back that wait for a second person.
select
    approval.id,
    cast(approval.payload ->> 'credits' as numeric) as credits,
    approval.payload ->> 'cause' as cause,
    operator.name as asker,
    approval.requested_at,
    approval.expires_at
from approval_request as approval
left join operator on operator.id = approval.requested_by
where approval.state = 'pending'
    and approval.expires_at > cast(:now as timestamptz)
    and approval.kind = 'reverse_entry'
    and approval.payload ->> 'user_id' = cast(:customer_id as text)
    and approval.payload ->> 'seq' = cast(:seq as text)
order by approval.requested_at;
