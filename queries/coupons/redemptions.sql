-- Redemptions and what took them back, newest first, of all, one coupon or one customer.
select
    redemption.user_id,
    redemption.id,
    redemption.coupon_id,
    coupon.code,
    redemption.number,
    redemption.redemption_status,
    redemption.reverses_id,
    redemption.discount_type,
    redemption.credits,
    redemption.original_amount_usd,
    redemption.discount_applied_usd,
    redemption.final_amount_usd,
    redemption.worth_usd,
    redemption.applied_to,
    redemption.user_tier,
    redemption.clawback_seq,
    redemption.cause,
    redemption.redemption_date,
    users.name as customer,
    operator.name as by_whom,
    exists (
        select
        from coupon_redemption as reversal
        where reversal.user_id = redemption.user_id and reversal.reverses_id = redemption.id
    ) as is_reversed,
    source.remaining
from coupon_redemption as redemption
join coupon on coupon.id = redemption.coupon_id
join users on users.id = redemption.user_id
left join operator on operator.id = redemption.operator_id
left join user_credit_source as source on source.user_id = redemption.user_id and source.id = redemption.grant_id
where (cast(:coupon_id as uuid) is null or redemption.coupon_id = cast(:coupon_id as uuid))
    and (cast(:user_id as uuid) is null or redemption.user_id = cast(:user_id as uuid))
    and (cast(:redemption_id as uuid) is null or redemption.id = cast(:redemption_id as uuid))
order by redemption.redemption_date desc, redemption.user_id, redemption.id
limit cast(:most as integer);
