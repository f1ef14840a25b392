-- The hundred dearest requests kept for a day are the hundred dearest of its books.
with

kept as (
    select
        day,
        user_id,
        request_id,
        vendor_cost_usd,
        row_number() over (partition by day order by vendor_cost_usd desc, user_id, request_id) as place
    from (
        select day, user_id, request_id, vendor_cost_usd
        from usage_dearest_request
        union all
        select day, user_id, request_id, dearest_cost_usd
        from usage_delta
        where dearest_cost_usd is not null
    ) as folded_and_waiting
),

books as (
    select
        day,
        user_id,
        request_id,
        dearest_cost_usd as vendor_cost_usd,
        row_number() over (partition by day order by dearest_cost_usd desc, user_id, request_id) as place
    from ledger_delta
    where dearest_cost_usd is not null
)

select
    format('request %s/%s', user_id, request_id) as object,
    format(
        'kept as number %s of %s at %s USD, in the books number %s at %s USD',
        kept.place, coalesce(kept.day, books.day), kept.vendor_cost_usd, books.place, books.vendor_cost_usd
    ) as detail
from (select * from kept where place <= 100) as kept
full join (select * from books where place <= 100) as books using (day, user_id, request_id)
where (kept.place, kept.vendor_cost_usd) is distinct from (books.place, books.vendor_cost_usd);
