-- Submits a draft at a time of the caller's choosing; the owner's alone, for the demo.
select outcome, config_id, at, detail
from submit_price_at(cast(:operator_id as uuid), cast(:config_id as uuid), cast(:at as timestamptz));
