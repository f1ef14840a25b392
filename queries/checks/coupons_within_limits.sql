-- Counters of coupons, of their customers and of campaigns say what the redemptions add up to, within their limits.
with

uses as (
    select
        coupon_id,
        count(*) filter (where redemption_status = 'success') - count(*) filter (where redemption_status = 'reversed') as uses,
        coalesce(max(number), 0) as last_number,
        count(*) filter (where redemption_status = 'success') - count(distinct number) as same_number,
        sum(worth_usd) as worth_usd
    from coupon_redemption
    group by coupon_id
),

customers as (
    select
        user_id,
        coupon_id,
        count(*) filter (where redemption_status = 'success') - count(*) filter (where redemption_status = 'reversed') as uses
    from coupon_redemption
    group by user_id, coupon_id
),

campaigns as (
    select campaign_id, sum(worth_usd) as worth_usd
    from coupon_redemption
    where campaign_id is not null
    group by campaign_id
)

select
    'coupon ' || coalesce(counter.coupon_id, uses.coupon_id) as object,
    format(
        'counts %s uses of %s and $%s; its redemptions are %s and $%s', counter.total_uses,
        coalesce(counter.max_uses::text, 'any number'), trim_scale(counter.total_discount_applied_usd),
        coalesce(uses.uses, 0), trim_scale(coalesce(uses.worth_usd, 0))
    ) as detail
from coupon_usage_limit as counter
full join uses on uses.coupon_id = counter.coupon_id
where counter.total_uses is distinct from coalesce(uses.uses, 0)
    or counter.last_number is distinct from coalesce(uses.last_number, 0)
    or counter.total_discount_applied_usd is distinct from coalesce(uses.worth_usd, 0)
    or counter.total_uses > counter.max_uses
    or uses.same_number > 0
union all
select
    format('coupon %s of customer %s', coalesce(held.coupon_id, customers.coupon_id), coalesce(held.user_id, customers.user_id)),
    format('counts %s of %s uses, redeemed %s times', held.uses, held.max_uses, customers.uses)
from coupon_customer_use as held
full join customers on customers.user_id = held.user_id and customers.coupon_id = held.coupon_id
where held.uses is distinct from customers.uses
    or held.uses > held.max_uses
union all
select
    'campaign ' || campaign.id,
    format(
        'says $%s of $%s are spent; its redemptions say $%s', trim_scale(campaign.total_spent_usd),
        campaign.budget_limit_usd, trim_scale(coalesce(campaigns.worth_usd, 0))
    )
from coupon_campaign as campaign
left join campaigns on campaigns.campaign_id = campaign.id
where campaign.total_spent_usd <> coalesce(campaigns.worth_usd, 0)
    or campaign.total_spent_usd > campaign.budget_limit_usd;
