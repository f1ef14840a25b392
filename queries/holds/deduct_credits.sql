-- Takes credits if they are there; refusals write nothing.
select outcome, id, seq, credits, balance, spendable, cap_left, at, expires_at
from deduct_credits(
    cast(:user_id as uuid), cast(:request_id as uuid), cast(:body_sha256 as bytea), cast(:amount as numeric),
    cast(:operator_id as uuid), cast(:api_key_id as uuid), cast(:note_id as uuid), cast(:now as timestamptz)
);
