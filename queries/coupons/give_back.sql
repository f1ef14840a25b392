-- Writes what takes a redemption back, and frees its use.
select cast(
    give_back_coupon(
        cast(:user_id as uuid),
        cast(:redemption_id as uuid),
        cast(:reversal_id as uuid),
        cast(:cause as text),
        cast(:credits as numeric),
        cast(:clawback_seq as bigint),
        cast(:months as integer),
        cast(:discount_usd as numeric),
        cast(:worth_usd as numeric),
        cast(:operator_id as uuid),
        cast(:at as timestamptz)
    ) as text
) as given_back;
