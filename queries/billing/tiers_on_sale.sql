-- The tiers that are sold, in order, with what they cost and grant at one instant.
select
    tier.name,
    tier.display_name as title,
    version.monthly_price_usd,
    version.annual_price_usd,
    version.monthly_credit_allocation,
    version.trial_days
from tier
cross join lateral (
    select held.monthly_price_usd, held.annual_price_usd, held.monthly_credit_allocation, held.trial_days
    from tier_version as held
    where held.tier = tier.name and held.effective_from <= cast(:now as timestamptz)
    order by held.effective_from desc
    limit 1
) as version
where tier.is_sold and tier.is_active
order by tier.position;
