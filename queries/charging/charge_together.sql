-- Charges requests that wait at the same moment, each for its key, one after the other; those whose customer
-- is held by another transaction are `busy`.
select
    (reported.receipt).outcome,
    (reported.receipt).user_id,
    (reported.receipt).request_id,
    (reported.receipt).seq,
    (reported.receipt).posted_at,
    (reported.receipt).credits_due,
    (reported.receipt).credits_deducted,
    (reported.receipt).credits_uncovered,
    (reported.receipt).balance,
    (reported.receipt).cost_status,
    (reported.receipt).vendor_cost_usd,
    (reported.receipt).credit_value_usd,
    (reported.receipt).multiplier,
    (reported.receipt).multiplier_scope,
    (reported.receipt).draws,
    coalesce(reported.over_monthly_cap, false) as over_monthly_cap
from charge_together(
    cast(:events as jsonb), cast(:api_key_ids as uuid[]), cast(:moments as timestamptz[])
) as reported
order by reported.place;
