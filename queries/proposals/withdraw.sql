-- Withdraws what is open or has not begun, and reopens what it ended; refusals write nothing.
select outcome, config_id, at, detail
from withdraw_price(cast(:operator_id as uuid), cast(:config_id as uuid), cast(:reason as text));
