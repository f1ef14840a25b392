-- Adds a comment; refusals write nothing.
select outcome, config_id, at, detail
from comment_on_price(cast(:operator_id as uuid), cast(:config_id as uuid), cast(:words as text));
