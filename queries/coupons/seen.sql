-- A coupon by its code and the customer who would redeem it, for the twelve checks.
select
    coupon_id,
    code,
    terms,
    total_uses,
    uses_by_customer,
    campaign,
    tier,
    billing_cycle,
    subscription_id,
    month_usd,
    cycle_usd,
    unit_usd,
    email,
    balance,
    has_ever_paid,
    last_refund_at,
    has_payment_method,
    critical_flags,
    attempts_last_hour,
    customers_on_device
from coupon_seen(
    cast(:user_id as uuid), cast(:code as text), cast(:fingerprint as bytea), cast(:now as timestamptz)
);
