-- The receipt of a request that is in the books; no row if there is none.
select
    receipt.outcome,
    receipt.user_id,
    receipt.request_id,
    receipt.seq,
    receipt.posted_at,
    receipt.credits_due,
    receipt.credits_deducted,
    receipt.credits_uncovered,
    receipt.balance,
    receipt.cost_status,
    receipt.vendor_cost_usd,
    receipt.credit_value_usd,
    receipt.multiplier,
    receipt.multiplier_scope,
    receipt.draws,
    coalesce(monthly_cap_left(receipt.user_id, receipt.posted_at) < 0, false) as over_monthly_cap
from usage_receipt(customer_named(:customer), :request_id) as receipt;
