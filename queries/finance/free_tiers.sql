-- Tiers nobody pays for: their last version before an instant costs nothing, by the month and by the year.
select tier.name
from tier
cross join lateral (
    select version.monthly_price_usd, version.annual_price_usd
    from tier_version as version
    where version.tier = tier.name and version.effective_from < cast(:at as timestamptz)
    order by version.effective_from desc
    limit 1
) as latest
where latest.monthly_price_usd = 0 and latest.annual_price_usd = 0
order by tier.position;
