-- Coupons as they stand, newest first; a status is worked out, not kept.
with

standing as (
    select
        coupon.id,
        coupon.code,
        coupon.version,
        coupon.coupon_type,
        coupon.discount_type,
        coupon.discount_value,
        coupon.valid_from,
        coupon.valid_until,
        coupon.campaign_id,
        campaign.campaign_name,
        counter.max_uses,
        counter.total_uses,
        counter.total_discount_applied_usd,
        counter.last_used_at,
        coupon.created_at,
        case
            when coupon.deleted_at is not null then 'deleted'
            when not coupon.is_active or not coalesce(campaign.is_active, true) then 'paused'
            when coupon.valid_until <= cast(:at as timestamptz) or campaign.end_date <= cast(:at as timestamptz) then 'expired'
            when counter.total_uses >= counter.max_uses then 'used_up'
            when coupon.valid_from > cast(:at as timestamptz) or campaign.start_date > cast(:at as timestamptz) then 'scheduled'
            else 'active'
        end as status
    from coupon
    join coupon_usage_limit as counter on counter.coupon_id = coupon.id
    left join coupon_campaign as campaign on campaign.id = coupon.campaign_id
    where (cast(:coupon_type as text) is null or coupon.coupon_type = cast(:coupon_type as text))
        and (cast(:campaign_id as uuid) is null or coupon.campaign_id = cast(:campaign_id as uuid))
        and (cast(:coupon_id as uuid) is null or coupon.id = cast(:coupon_id as uuid))
        and (cast(:search as text) is null or starts_with(coupon.code, cast(:search as text)))
)

select
    id, code, version, coupon_type, discount_type, discount_value, valid_from, valid_until, campaign_id, campaign_name,
    max_uses, total_uses, total_discount_applied_usd, last_used_at, created_at, status
from standing
where case when cast(:status as text) is null
    then status <> 'deleted' or cast(:coupon_id as uuid) is not null
    else status = cast(:status as text)
end
order by created_at desc, code
limit cast(:most as integer) offset cast(:after as integer);
