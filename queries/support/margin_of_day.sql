-- List and realised revenue, less what was given back, and vendor cost of one day, of all customers, USD.
select
    coalesce(sum(list_revenue_usd - list_reversed_usd), 0) as list_revenue_usd,
    coalesce(sum(realised_revenue_usd - realised_reversed_usd), 0) as realised_revenue_usd,
    coalesce(sum(vendor_cost_usd), 0) as vendor_cost_usd
from usage_daily
where day = cast(:day as date);
