-- Charges one request, all or nothing and once; for a key, if that is in force.
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
from charge_reported(
    cast(:event as jsonb), cast(:api_key_id as uuid), cast(:now as timestamptz)
) as reported;
