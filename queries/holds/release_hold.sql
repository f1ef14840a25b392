-- Gives back what was held.
select outcome, id, seq, credits, balance, spendable, cap_left, at, expires_at
from release_hold(cast(:user_id as uuid), cast(:hold_id as uuid), cast(:now as timestamptz));
