-- A reversal gives each grant at most what its entry drew from it; for one that has expired, to a
-- grant in its place that holds just that, in the same category, with the revenue taken back. No
-- grant is in the place of another without a reversal that made it.
with

postings as (
    select
        reversal.user_id,
        reversal.seq,
        reversal.reverses_seq,
        reversal.created_at,
        reversal.request_id,
        posting.amount,
        posting.remaining_after,
        posting.realised_revenue_usd,
        target.id as target_id,
        target.granted,
        target.category,
        target.paid_usd,
        -- Credits go to the grant that was drawn, or to the one in its place.
        case when exists (
            select
            from credit_source_draw as drawn
            where drawn.user_id = reversal.user_id and drawn.seq = reversal.reverses_seq and drawn.source_id = target.id
        ) then target.id else target.replaces_source_id end as origin_id
    from credit_deduction_ledger as reversal
    join credit_source_draw as posting on posting.user_id = reversal.user_id and posting.seq = reversal.seq
    join user_credit_source as target on target.user_id = posting.user_id and target.id = posting.source_id
    where reversal.reason = 'reversal'
),

given as (
    select
        postings.*,
        postings.origin_id is distinct from postings.target_id as is_replacement,
        origin.category as origin_category,
        origin.expires_at <= postings.created_at or origin.expiry_posted_at is not null as is_expired,
        original.request_id as original_request_id,
        -drawn.amount as drawn,
        sum(postings.amount) over (partition by postings.user_id, postings.reverses_seq, postings.origin_id) as returned
    from postings
    left join user_credit_source as origin on origin.user_id = postings.user_id and origin.id = postings.origin_id
    left join credit_deduction_ledger as original
        on original.user_id = postings.user_id and original.seq = postings.reverses_seq
    left join credit_source_draw as drawn
        on drawn.user_id = postings.user_id
        and drawn.seq = postings.reverses_seq
        and drawn.source_id = postings.origin_id
)

select
    format('entry %s-%s', user_id, seq) as object,
    format(
        'gives %s to grant %s for what entry %s drew from grant %s: %s drawn, %s given back in all',
        amount, target_id, reverses_seq, origin_id, coalesce(drawn, 0), returned
    ) as detail
from given
where drawn is null
    or returned > drawn
    or request_id is distinct from original_request_id
    or (
        is_replacement
        and (
            is_expired is not true
            or granted <> amount
            or remaining_after <> amount
            or category <> origin_category
            or paid_usd <> -realised_revenue_usd
        )
    )
union all
select
    format('grant %s of customer %s', source.id, source.user_id) as object,
    format('stands for grant %s, and no reversal made it', source.replaces_source_id) as detail
from user_credit_source as source
where source.source = 'replacement'
    and not exists (select from given where given.user_id = source.user_id and given.target_id = source.id and given.is_replacement);
