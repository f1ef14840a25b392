-- What a customer was told of their credits, the newest first.
select
    notice.kind,
    notice.remaining_credits,
    notice.allowance_credits,
    notice.raised_at,
    source.origin
from notice
join user_credit_source as source on source.user_id = notice.user_id and source.id = notice.source_id
where notice.user_id = :customer_id
order by notice.raised_at desc, notice.kind
limit 20;
