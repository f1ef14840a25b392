-- Approves what is there to be seen, at a time of the caller's choosing; the owner's alone, for the demo.
select outcome, config_id, at, detail
from approve_price_at(
    cast(:operator_id as uuid), cast(:config_id as uuid),
    price_seen_sha256(cast(:config_id as uuid), cast(:at as timestamptz)), cast(:at as timestamptz)
);
