-- Adding up by day, by hour, by customer, by model or entry by entry gives one total.
with

by_day as (
    select sum(requests) as requests, sum(cost) as cost, sum(due) as due, sum(deducted) as deducted, sum(realised) as realised
    from (
        select
            day, sum(requests) as requests, sum(vendor_cost_usd) as cost, sum(credits_due) as due,
            sum(credits_deducted) as deducted, sum(realised_revenue_usd) as realised
        from usage_daily
        group by day
    ) as days
),

by_model as (
    select sum(requests) as requests, sum(cost) as cost, sum(due) as due, sum(deducted) as deducted, sum(realised) as realised
    from (
        select
            provider_id, model_id, sum(requests) as requests, sum(vendor_cost_usd) as cost, sum(credits_due) as due,
            sum(credits_deducted) as deducted, sum(realised_revenue_usd) as realised
        from usage_daily
        group by provider_id, model_id
    ) as models
),

by_hour as (
    select
        sum(requests) as requests, sum(vendor_cost_usd) as cost, sum(credits_due) as due,
        sum(credits_deducted) as deducted, sum(realised_revenue_usd) as realised
    from usage_hourly
),

by_customer as (
    select
        sum(requests) as requests, sum(vendor_cost_usd) as cost, sum(credits_due) as due,
        sum(credits_deducted) as deducted, sum(realised_revenue_usd) as realised
    from usage_customer_daily
),

by_request as (
    select
        sum(requests) as requests, sum(cost) as cost, sum(due) as due, sum(deducted) as deducted, sum(realised) as realised
    from (
        select
            count(*) as requests, sum(vendor_cost) as cost, sum(credits_due) as due,
            sum(credits_deducted) as deducted, sum(realised_revenue_usd) as realised
        from token_usage_ledger
        union all
        select 0, sum(vendor_cost), sum(credits_due), sum(credits_deducted), sum(realised_revenue_usd)
        from usage_correction
    ) as rows_and_corrections
),

totals as (
    select 'days' as dimension, by_day.* from by_day
    union all
    select 'models', by_model.* from by_model
    union all
    select 'hours', by_hour.* from by_hour
    union all
    select 'customers', by_customer.* from by_customer
)

select
    'total by ' || totals.dimension as object,
    format(
        '%s requests costing %s, %s credits due, %s deducted; request by request %s costing %s, %s due, %s deducted',
        totals.requests, trim_scale(totals.cost), trim_scale(totals.due), trim_scale(totals.deducted),
        by_request.requests, trim_scale(by_request.cost), trim_scale(by_request.due), trim_scale(by_request.deducted)
    ) as detail
from totals
cross join by_request
where (
    coalesce(totals.requests, 0), coalesce(totals.cost, 0), coalesce(totals.due, 0),
    coalesce(totals.deducted, 0), coalesce(totals.realised, 0)
) is distinct from (
    coalesce(by_request.requests, 0), coalesce(by_request.cost, 0), coalesce(by_request.due, 0),
    coalesce(by_request.deducted, 0), coalesce(by_request.realised, 0)
);
