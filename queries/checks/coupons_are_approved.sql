-- What a coupon or a campaign promises says just what another person approved last; it may have been stopped since.
with

approved as (
    select id, payload -> 'terms' as terms
    from approval_request
    where kind in ('coupon_terms', 'campaign_terms')
        and state = 'approved'
        and decided_person_id is not null
        and decided_person_id is distinct from requested_person_id
),

promised as (
    select
        'coupon ' || coupon.code as object,
        coupon.version,
        version.approval_id,
        version.terms,
        jsonb_build_array(
            coupon.coupon_type, coupon.discount_type, trim_scale(coupon.discount_value), counter.max_uses,
            coupon.max_uses_per_user, trim_scale(coupon.min_purchase_amount), coupon.tier_eligibility,
            coupon.billing_cycles, coupon.valid_from, coupon.valid_until, coupon.credits_live_days, coupon.campaign_id,
            coalesce(rule.rules, '{}')
        ) as says
    from coupon
    left join coupon_usage_limit as counter on counter.coupon_id = coupon.id
    left join coupon_version as version on version.coupon_id = coupon.id and version.version = coupon.version
    left join (
        select coupon_id, jsonb_object_agg(rule_type, rule_value) as rules from coupon_validation_rule group by coupon_id
    ) as rule on rule.coupon_id = coupon.id
    union all
    select
        'campaign ' || campaign.campaign_name,
        campaign.version,
        version.approval_id,
        version.terms,
        jsonb_build_array(
            campaign.campaign_name, campaign.campaign_type, campaign.start_date, campaign.end_date,
            trim_scale(campaign.budget_limit_usd), campaign.target_tier
        )
    from coupon_campaign as campaign
    left join coupon_campaign_version as version
        on version.campaign_id = campaign.id and version.version = campaign.version
),

asked as (
    select
        promised.*,
        approved.id,
        approved.terms as asked_terms,
        case when approved.terms ? 'coupon_type'
            then jsonb_build_array(
                approved.terms -> 'coupon_type', approved.terms -> 'discount_type',
                trim_scale((approved.terms ->> 'discount_value')::numeric), approved.terms -> 'max_uses',
                approved.terms -> 'max_uses_per_user', trim_scale((approved.terms ->> 'min_purchase_amount')::numeric),
                approved.terms -> 'tier_eligibility', approved.terms -> 'billing_cycles',
                (approved.terms ->> 'valid_from')::timestamptz, (approved.terms ->> 'valid_until')::timestamptz,
                approved.terms -> 'credits_live_days', approved.terms -> 'campaign_id', approved.terms -> 'rules'
            )
            else jsonb_build_array(
                approved.terms -> 'campaign_name', approved.terms -> 'campaign_type',
                (approved.terms ->> 'start_date')::timestamptz, (approved.terms ->> 'end_date')::timestamptz,
                trim_scale((approved.terms ->> 'budget_limit_usd')::numeric), approved.terms -> 'target_tier'
            )
        end as asked_for
    from promised
    left join approved on approved.id = promised.approval_id
)

select
    object,
    case
        when id is null then format('version %s was approved by nobody else', version)
        else format('approval %s said %s, this says %s', id, asked_for, says)
    end as detail
from asked
where id is null
    or says is distinct from asked_for
    or terms is distinct from asked_terms
union all
select
    'approval ' || request.id as object,
    'approved, and no terms came of it' as detail
from approval_request as request
where request.kind in ('coupon_terms', 'campaign_terms')
    and request.state = 'approved'
    and not exists (select from coupon_version where approval_id = request.id)
    and not exists (select from coupon_campaign_version where approval_id = request.id);
