-- Takes credits by hand, never more than can be spent.
select
    taken.outcome,
    taken.seq,
    taken.credits,
    taken.balance_after,
    taken.spendable,
    taken.created_at
from deduct_by_hand(
    cast(:user_id as uuid),
    cast(:credits as numeric),
    cast(:cause as text),
    cast(:operator_id as uuid),
    cast(:note_id as uuid),
    cast(:approval_id as uuid),
    cast(:posted_at as timestamptz)
) as taken;
