-- Charges what a held request really used, once.
select outcome, id, seq, credits, balance, spendable, cap_left, at, expires_at
from settle_hold(
    cast(:user_id as uuid), cast(:hold_id as uuid), cast(:event as jsonb), cast(:simulated as boolean),
    cast(:now as timestamptz)
);
