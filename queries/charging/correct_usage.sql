-- Posts what the price history changes about usage of a model, for one batch of customers.
select
    posted.requests,
    posted.priced,
    posted.customers,
    posted.vendor_cost_usd,
    posted.credit_value_usd,
    posted.credits_due,
    posted.credits_deducted,
    posted.credits_uncovered,
    posted.list_revenue_usd,
    posted.realised_revenue_usd
from correct_usage(
    (select id from providers where name = cast(:provider as text)),
    cast(:model as text),
    cast(:start as timestamptz),
    cast(:end as timestamptz),
    cast(:charge as boolean),
    cast(:reason as text),
    cast(:operator_id as uuid),
    cast(:most as integer),
    cast(:posted_at as timestamptz)
) as posted;
