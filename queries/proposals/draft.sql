-- Writes a draft down, as a new version of one it edits.
select outcome, config_id, at, detail
from draft_price(
    cast(:operator_id as uuid), cast(:terms as jsonb), cast(:edits as uuid), cast(:rolls_back as uuid)
);
