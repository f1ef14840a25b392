"""What the books must say after an incident batch: grants restored, each deduction once, margins in both views."""

# What the books say of the batch, to be nothing each.
WRONG = {
    "deductions given back other than once, or by another amount": """
        select count(*) from incident_batch_item as item
        where batch_id = any(%(batches)s) and (
            select (count(*), coalesce(sum(amount), 0)) from credit_deduction_ledger as reversal
            where reversal.user_id = item.user_id and reversal.reverses_seq = item.seq
        ) is distinct from row (1::bigint, item.credits)
    """,
    "grants that did not get back just what was drawn from them": """
        with drawn as (
            select draw.user_id, draw.seq, draw.source_id, -draw.amount as credits
            from incident_batch_item as item join credit_source_draw as draw using (user_id, seq)
            where item.state = 'done' and batch_id = any(%(batches)s)
        ), returned as (
            select item.user_id, item.seq, coalesce(source.replaces_source_id, source.id) as source_id,
                sum(posting.amount) as credits
            from incident_batch_item as item
            join credit_source_draw as posting on posting.user_id = item.user_id and posting.seq = item.reversal_seq
            join user_credit_source as source on source.user_id = posting.user_id and source.id = posting.source_id
            where item.state = 'done' and batch_id = any(%(batches)s)
            group by 1, 2, 3
        )
        select count(*) from drawn full join returned using (user_id, seq, source_id)
        where drawn.credits is distinct from returned.credits
    """,
    "grants that hold other than what was granted less what is still drawn": """
        select count(*) from user_credit_source as source
        where expiry_posted_at is null and remaining is distinct from (
            select sum(amount) from credit_source_draw as draw
            where draw.user_id = source.user_id and draw.source_id = source.id
        )
    """,
    "entries that name a batch other than the deductions ticked off": """
        select abs((select count(*) from credit_deduction_ledger where incident_batch_id is not null)
            - (select count(*) from incident_batch_item where state = 'done'))
    """,
    "days whose corrected figures are not the batch's": """
        with wanted as (
            select (usage.accounted_at at time zone 'UTC')::date as day, sum(item.credits * usage.unit_usd) as usd
            from incident_batch_item as item
            join token_usage_ledger as usage on usage.user_id = item.user_id and usage.deduction_seq = item.seq
            where item.state = 'done' and batch_id = any(%(batches)s) group by 1
        ), kept as (
            select day, sum(list_corrected_usd) as usd from usage_daily_summary group by 1 having sum(list_corrected_usd) <> 0
        )
        select count(*) from wanted full join kept using (day) where wanted.usd is distinct from kept.usd
    """,
    "days whose figures by day of posting are not the batch's": """
        with wanted as (
            select (reversal.created_at at time zone 'UTC')::date as day, sum(reversal.amount * usage.unit_usd) as usd
            from credit_deduction_ledger as reversal
            join token_usage_ledger as usage
                on usage.user_id = reversal.user_id and usage.deduction_seq = reversal.reverses_seq
            where reversal.incident_batch_id = any(%(batches)s) group by 1
        ), kept as (
            select day, sum(list_reversed_usd) as usd from usage_daily_summary group by 1 having sum(list_reversed_usd) <> 0
        )
        select count(*) from wanted full join kept using (day) where wanted.usd is distinct from kept.usd
    """,
}
