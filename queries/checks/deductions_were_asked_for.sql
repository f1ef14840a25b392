-- A deduction was asked for under a request id that no usage row has, took only credits valid at that
-- moment, kept the hash of its question, and stands in the audit log.
with

deductions as (
    select user_id, seq, request_id, body_sha256, created_at
    from credit_deduction_ledger
    where reason = 'deduct'
)

select
    format('entry %s-%s', deduction.user_id, deduction.seq) as object,
    format(
        'request %s: hash %s, usage row %s, audit line %s', deduction.request_id,
        case when deduction.body_sha256 is null then 'missing' else 'kept' end,
        case when usage.request_id is null then 'none' else 'exists' end,
        case when line.object_id is null then 'missing' else 'kept' end
    ) as detail
from deductions as deduction
left join token_usage_ledger as usage
    on usage.user_id = deduction.user_id and usage.request_id = deduction.request_id
left join (
    select distinct object_id
    from audit_log
    where object_kind = 'credit_entry' and verb = 'deduct_credits'
) as line on line.object_id = format('%s-%s', deduction.user_id, deduction.seq)
where deduction.body_sha256 is null or usage.request_id is not null or line.object_id is null
union all
select
    format('entry %s-%s', deduction.user_id, deduction.seq) as object,
    format('took from grant %s, which was not valid at %s', source.id, deduction.created_at) as detail
from deductions as deduction
join credit_source_draw as draw on draw.user_id = deduction.user_id and draw.seq = deduction.seq
join user_credit_source as source on source.user_id = draw.user_id and source.id = draw.source_id
where source.effective_at > deduction.created_at or source.expires_at <= deduction.created_at;
