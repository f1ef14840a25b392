-- Writes a redemption and counts it; the number is that of the use.
select take_coupon(
    cast(:user_id as uuid),
    cast(:redemption_id as uuid),
    cast(:coupon_id as uuid),
    cast(:subscription_id as uuid),
    cast(:credits as numeric),
    cast(:months as integer),
    cast(:original_usd as numeric),
    cast(:discount_usd as numeric),
    cast(:worth_usd as numeric),
    cast(:applied_to as text),
    cast(:tier as text),
    cast(:billing_cycle as text),
    cast(:operator_id as uuid),
    cast(:api_key_id as uuid),
    cast(:at as timestamptz)
) as number;
