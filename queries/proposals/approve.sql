-- Approves what was seen, and ends the price it follows; refusals write nothing.
select outcome, config_id, at, detail
from approve_price(cast(:operator_id as uuid), cast(:config_id as uuid), cast(:seen_sha256 as bytea));
