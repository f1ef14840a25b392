-- Writes a draft down at a time of the caller's choosing; the owner's alone, for the demo.
select outcome, config_id, at, detail
from draft_price_at(
    cast(:operator_id as uuid), cast(:terms as jsonb), cast(null as uuid), cast(null as uuid), cast(:at as timestamptz)
);
