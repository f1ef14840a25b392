-- What was due was taken from the balance or is written as uncovered; nothing is lost between.
with

sides as (
    select
        usage.user_id,
        usage.request_id,
        usage.credits_due,
        usage.credits_deducted,
        usage.credits_uncovered,
        -coalesce(entry.amount, 0) as taken
    from token_usage_ledger as usage
    left join credit_deduction_ledger as entry
        on entry.user_id = usage.user_id and entry.seq = usage.deduction_seq
    union all
    select
        correction.user_id,
        correction.request_id,
        correction.credits_due,
        correction.credits_deducted,
        correction.credits_uncovered,
        -coalesce(entry.amount, 0)
    from usage_correction as correction
    left join credit_deduction_ledger as entry
        on entry.user_id = correction.user_id and entry.seq = correction.deduction_seq
)

select
    format('request %s/%s', user_id, request_id) as object,
    format(
        'due %s, deducted %s, uncovered %s; its entry takes %s', credits_due, credits_deducted, credits_uncovered, taken
    ) as detail
from sides
where credits_due <> credits_deducted + credits_uncovered or credits_deducted <> taken;
