-- What Stripe told us that belongs to nothing we know, or waits for its payment; the newest first.
select
    event.id,
    event.kind,
    event.payment_object,
    cast(event.facts ->> 'amount_usd' as numeric(14, 2)) as amount_usd,
    event.state,
    event.outcome,
    event.received_at
from webhook_event as event
where event.state in ('waiting', 'unmatched')
order by event.received_at desc, event.id
limit cast(:most as integer);
