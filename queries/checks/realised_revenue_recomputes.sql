-- What was really paid for credits is realised as they leave their grant: each posting realises
-- f(gone after) − f(gone before), an entry the sum of its postings, a request what its entry did.
-- A reversal takes back in the same measure, also into the grant that replaces one that expired.
with

postings as (
    select
        draw.user_id,
        draw.seq,
        draw.source_id,
        draw.realised_revenue_usd,
        case
            -- The posting that opens a grant takes nothing out of it.
            when draw.amount > 0
                and draw.remaining_after = draw.amount
                and draw.amount = source.granted
                and not exists (
                    select
                    from credit_deduction_ledger as reversal
                    where reversal.user_id = draw.user_id and reversal.seq = draw.seq and reversal.reason = 'reversal'
                ) then 0
            else realised_through(source.paid_usd, source.granted, source.granted - draw.remaining_after)
                - realised_through(source.paid_usd, source.granted, source.granted - draw.remaining_after + draw.amount)
        end as expected
    from credit_source_draw as draw
    join user_credit_source as source on source.user_id = draw.user_id and source.id = draw.source_id
),

entries as (
    select user_id, seq, sum(realised_revenue_usd) as realised_revenue_usd
    from credit_source_draw
    group by user_id, seq
)

select
    format('entry %s-%s', user_id, seq) as object,
    format('grant %s realised %s, expected %s', source_id, realised_revenue_usd, expected) as detail
from postings
where realised_revenue_usd <> expected
union all
select
    format('entry %s-%s', entry.user_id, entry.seq) as object,
    format('realised %s, its postings %s', entry.realised_revenue_usd, entries.realised_revenue_usd) as detail
from credit_deduction_ledger as entry
left join entries on entries.user_id = entry.user_id and entries.seq = entry.seq
where entry.realised_revenue_usd is distinct from entries.realised_revenue_usd
union all
select
    format('request %s/%s', usage.user_id, usage.request_id) as object,
    format('realised %s, its entry %s', usage.realised_revenue_usd, coalesce(entry.realised_revenue_usd, 0)) as detail
from token_usage_ledger as usage
left join credit_deduction_ledger as entry on entry.user_id = usage.user_id and entry.seq = usage.deduction_seq
where usage.realised_revenue_usd <> coalesce(entry.realised_revenue_usd, 0)
union all
select
    format('correction %s of request %s/%s', correction.n, correction.user_id, correction.request_id) as object,
    format('realised %s, its entry %s', correction.realised_revenue_usd, coalesce(entry.realised_revenue_usd, 0)) as detail
from usage_correction as correction
left join credit_deduction_ledger as entry
    on entry.user_id = correction.user_id and entry.seq = correction.deduction_seq
where correction.realised_revenue_usd <> coalesce(entry.realised_revenue_usd, 0);
