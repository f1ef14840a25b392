-- Holds credits for a request, given or estimated; refusals write nothing.
select outcome, id, seq, credits, balance, spendable, cap_left, at, expires_at
from place_hold(
    cast(:user_id as uuid), cast(:request_id as uuid), cast(:body_sha256 as bytea), cast(:credits as numeric),
    cast(:estimate as jsonb), cast(:lives as interval), cast(:api_key_id as uuid), cast(:now as timestamptz)
);
