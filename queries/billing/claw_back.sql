-- Takes credits back from grants, never more than is left of them.
select
    taken.seq,
    taken.credits,
    taken.realised_usd,
    taken.balance_after,
    taken.created_at
from take_from_grants(
    cast(:user_id as uuid),
    cast(:source_ids as uuid[]),
    cast(:credits as numeric),
    'clawback',
    null,
    cast(:operator_id as uuid),
    null,
    cast(:posted_at as timestamptz)
) as taken;
