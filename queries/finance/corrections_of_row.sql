-- What was corrected of one request later, in order: signed differences, never a change of the row itself.
select
    correction.n,
    correction.created_at,
    correction.vendor_cost as vendor_cost_usd,
    correction.credit_value_usd,
    correction.credits_due,
    correction.credits_deducted,
    correction.credits_uncovered,
    correction.credits_deducted * usage.unit_usd - correction.vendor_cost as gross_margin_usd,
    correction.prices_request,
    correction.reason
from usage_correction as correction
join token_usage_ledger as usage using (user_id, request_id)
where correction.user_id = :customer_id and correction.request_id = :request_id
order by correction.n;
