-- Gives credits of one entry back; all that is left without an amount.
select
    receipt.outcome,
    receipt.seq,
    receipt.credits,
    receipt.balance_after,
    receipt.realised_revenue_usd,
    receipt.reversed_before,
    receipt.credits_left,
    receipt.credits_lost,
    receipt.created_at,
    receipt.restored
from reverse_entry(
    cast(:user_id as uuid),
    cast(:seq as bigint),
    cast(:credits as numeric),
    cast(:cause as text),
    cast(:operator_id as uuid),
    cast(:api_key_id as uuid),
    cast(:note_id as uuid),
    cast(:grace as interval),
    cast(:reversed_before as numeric),
    cast(:approval_id as uuid),
    cast(:posted_at as timestamptz)
) as receipt;
