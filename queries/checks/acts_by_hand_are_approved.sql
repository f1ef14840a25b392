-- What needs a second person had one: another person approved just this, and it was done once.
with

needing as (
    select user_id, seq, amount, operator_id, approval_id
    from credit_deduction_ledger as entry
    where approval_id is not null
        or (
            reason = 'correction'
            and not exists (
                select
                from usage_correction as correction
                where correction.user_id = entry.user_id and correction.deduction_seq = entry.seq
            )
        )
)

select
    format('entry %s-%s', needing.user_id, needing.seq) as object,
    format(
        'moves %s by approval %s, which is %s and asks for %s',
        needing.amount, coalesce(needing.approval_id::text, 'none'), coalesce(request.state, 'not there'),
        request.payload ->> 'credits'
    ) as detail
from needing
left join approval_request as request on request.id = needing.approval_id
where request.state is distinct from 'approved'
    or request.decided_person_id is null
    or request.decided_person_id is not distinct from request.requested_person_id
    or request.requested_by is distinct from needing.operator_id
    or cast(request.payload ->> 'user_id' as uuid) is distinct from needing.user_id
    or cast(request.payload ->> 'credits' as numeric) is distinct from abs(needing.amount)
union all
select
    'approval ' || request.id as object,
    format('approved, and carried out by %s entries', count(needing.seq)) as detail
from approval_request as request
left join needing on needing.approval_id = request.id
where request.state = 'approved' and request.kind in ('reverse_entry', 'grant_credits', 'deduct_by_hand')
group by request.id
having count(needing.seq) <> 1;
