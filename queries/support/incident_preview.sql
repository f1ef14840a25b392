-- What a batch of this filter would give back: in all and by how each deduction stands, by model, by
-- tier, by the day on which it counts, and of the customers who get most.
with

items as materialized (
    select
        item.user_id,
        item.day,
        item.provider_id,
        item.model_id,
        item.tier,
        item.standing,
        item.credits_taken,
        item.credits_returned,
        item.credits_lost,
        item.credits,
        item.list_revenue_usd,
        item.realised_revenue_usd
    from incident_items(cast(:filter as jsonb), cast(:most as integer)) as item
),

summed as (
    select
        case
            when grouping(standing) = 0 then 'standing'
            when grouping(model_id) = 0 then 'model'
            when grouping(tier) = 0 then 'tier'
            when grouping(day) = 0 then 'day'
            when grouping(user_id) = 0 then 'customer'
            else 'all'
        end as part,
        standing,
        provider_id,
        model_id,
        tier,
        day,
        user_id,
        count(*) as found,
        count(*) filter (where credits > 0) as deductions,
        count(distinct user_id) filter (where credits > 0) as customers,
        coalesce(sum(credits_taken), 0) as credits_taken,
        coalesce(sum(credits_returned), 0) as credits_returned,
        coalesce(sum(credits_lost), 0) as credits_lost,
        coalesce(sum(credits), 0) as credits,
        coalesce(sum(list_revenue_usd), 0) as list_revenue_usd,
        coalesce(sum(realised_revenue_usd), 0) as realised_revenue_usd
    from items
    group by grouping sets ((), (standing), (provider_id, model_id), (tier), (day), (user_id))
),

ranked as (
    select
        part,
        standing,
        provider_id,
        model_id,
        tier,
        day,
        user_id,
        found,
        deductions,
        customers,
        credits_taken,
        credits_returned,
        credits_lost,
        credits,
        list_revenue_usd,
        realised_revenue_usd,
        row_number() over (partition by part order by credits desc, found desc, user_id) as place
    from summed
)

select
    ranked.part,
    coalesce(ranked.standing, ranked.model_id, tier.display_name, ranked.day::text, users.name, '') as title,
    coalesce(providers.display_name, '') as provider,
    ranked.user_id as customer_id,
    ranked.found,
    ranked.deductions,
    ranked.customers,
    ranked.credits_taken,
    ranked.credits_returned,
    ranked.credits_lost,
    ranked.credits,
    ranked.list_revenue_usd,
    ranked.realised_revenue_usd
from ranked
left join providers on providers.id = ranked.provider_id
left join tier on tier.name = ranked.tier
left join users on users.id = ranked.user_id
where ranked.part = 'all'
    or (ranked.part = 'day' and ranked.credits > 0)
    or (ranked.part <> 'day' and ranked.place <= 10 and (ranked.credits > 0 or ranked.part = 'standing'))
order by ranked.part, case when ranked.part = 'day' then ranked.day end, ranked.place;
