-- What a filter comes to now, and the fingerprint of it: which deductions, how much of each.
select
    count(*) as found,
    count(*) filter (where item.credits > 0) as deductions,
    count(distinct item.user_id) filter (where item.credits > 0) as customers,
    coalesce(sum(item.credits), 0) as credits,
    coalesce(sum(item.list_revenue_usd), 0) as list_revenue_usd,
    sha256(convert_to(
        string_agg(
            incident_line(item.user_id, item.seq, item.credits_returned, item.credits),
            e'\n' order by item.user_id, item.seq
        ) filter (where item.credits > 0),
        'UTF8'
    )) as items_sha256
from incident_items(cast(:filter as jsonb), cast(:most as integer)) as item;
