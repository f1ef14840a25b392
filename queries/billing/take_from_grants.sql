-- Takes credits back from these grants, the first named first, at most what they hold.
select taken.seq, taken.credits, taken.realised_usd, taken.balance_after, taken.created_at
from take_from_grants(
    cast(:user_id as uuid),
    cast(:sources as uuid[]),
    cast(:credits as numeric),
    cast(:reason as text),
    cast(:cause as text),
    cast(:operator_id as uuid),
    cast(:approval_id as uuid),
    cast(:posted_at as timestamptz)
) as taken;
