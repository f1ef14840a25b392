-- Campaigns as they stand, those that end last first, with how many coupons each has.
select
    campaign.id,
    campaign.version,
    campaign.campaign_name,
    campaign.campaign_type,
    campaign.start_date,
    campaign.end_date,
    campaign.budget_limit_usd,
    campaign.total_spent_usd,
    campaign.target_tier,
    campaign.is_active,
    coalesce(held.coupons, 0) as coupons,
    coalesce(held.uses, 0) as uses,
    case
        when campaign.deleted_at is not null then 'deleted'
        when not campaign.is_active then 'paused'
        when campaign.end_date <= cast(:at as timestamptz) then 'ended'
        when campaign.start_date > cast(:at as timestamptz) then 'planning'
        else 'active'
    end as status
from coupon_campaign as campaign
left join (
    select coupon.campaign_id, count(*) as coupons, sum(counter.total_uses) as uses
    from coupon
    join coupon_usage_limit as counter on counter.coupon_id = coupon.id
    where coupon.campaign_id is not null and coupon.deleted_at is null
    group by coupon.campaign_id
) as held on held.campaign_id = campaign.id
where (cast(:campaign_id as uuid) is null or campaign.id = cast(:campaign_id as uuid))
    and (campaign.deleted_at is null or cast(:campaign_id as uuid) is not null)
order by campaign.end_date desc, campaign.campaign_name, campaign.id;
