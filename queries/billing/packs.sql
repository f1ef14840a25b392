-- What can be bought, what a credit of it brings, and what it may cost at the lowest multiplier of a tier that is
-- open: below that a pack is sold at a loss to whoever has that multiplier.
with

lowest as (
    select config.margin_multiplier as multiplier, tier.display_name as title
    from tier
    join pricing_scope as scope
        on scope.subscription_tier = tier.name and scope.provider_id is null and scope.model_id is null
    join pricing_configs as config on config.scope_id = scope.id
    where tier.is_active
        and config.approval_status = 'approved'
        and config.effective_from <= cast(:now as timestamptz)
        and (config.effective_until is null or config.effective_until > cast(:now as timestamptz))
    order by config.margin_multiplier, tier.name
    limit 1
),

policy as (
    select unit_usd
    from credit_policy
    where effective_from <= cast(:now as timestamptz)
    order by effective_from desc
    limit 1
),

sold as (
    select purchase.pack_code, count(*) as packs, sum(purchase.price_usd) as price_usd
    from credit_purchase as purchase
    join billing_invoice as invoice on invoice.user_id = purchase.user_id and invoice.id = purchase.invoice_id
    where invoice.status = 'paid'
    group by purchase.pack_code
)

select
    pack.code,
    pack.title,
    pack.credits,
    pack.price_usd,
    pack.is_active,
    policy.unit_usd,
    coalesce(lowest.multiplier, 1.5) as multiplier,
    lowest.title as lowest_tier,
    coalesce(sold.packs, 0) as packs_sold,
    coalesce(sold.price_usd, 0) as sold_usd
from credit_pack as pack
cross join policy
left join lowest on true
left join sold on sold.pack_code = pack.code
order by pack.price_usd, pack.code;
