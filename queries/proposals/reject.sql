-- Rejects what was submitted; refusals write nothing.
select outcome, config_id, at, detail
from reject_price(cast(:operator_id as uuid), cast(:config_id as uuid), cast(:reason as text));
