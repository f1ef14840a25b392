-- What coupons did in a span, of all, one campaign or one coupon; redemptions taken back count against.
with

redeemed as (
    select
        count(*) filter (where redemption_status = 'success') as redemptions,
        count(*) filter (where redemption_status = 'reversed') as reversals,
        coalesce(sum(worth_usd), 0) as worth_usd,
        coalesce(sum(discount_applied_usd), 0) as discount_usd,
        coalesce(sum(final_amount_usd) filter (
            where redemption_status = 'success' and discount_applied_usd > 0
        ), 0) as paid_after_usd,
        coalesce(sum(credits), 0) as credits
    from coupon_redemption
    where redemption_date >= cast(:since as timestamptz)
        and redemption_date < cast(:until as timestamptz)
        and (cast(:coupon_id as uuid) is null or coupon_id = cast(:coupon_id as uuid))
        and (cast(:campaign_id as uuid) is null or campaign_id = cast(:campaign_id as uuid))
),

tried as (
    select count(*) as attempts, count(*) filter (where outcome = 'redeemed') as successes
    from coupon_attempt as attempt
    where attempted_at >= cast(:since as timestamptz)
        and attempted_at < cast(:until as timestamptz)
        and (cast(:coupon_id as uuid) is null or coupon_id = cast(:coupon_id as uuid))
        and (
            cast(:campaign_id as uuid) is null
            or coupon_id in (select id from coupon where campaign_id = cast(:campaign_id as uuid))
        )
)

select redemptions, reversals, worth_usd, discount_usd, paid_after_usd, credits, attempts, successes
from redeemed
cross join tried;
