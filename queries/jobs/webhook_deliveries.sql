-- The latest deliveries: what became of each, how often it was tried, what was answered last.
select
    delivery.id as delivery_id,
    delivery.event,
    endpoint.url,
    endpoint.active,
    delivery.body -> 'data' ->> 'customer' as customer_id,
    delivery.state,
    delivery.created_at,
    coalesce(attempt.n, 0) as tries,
    attempt.tried_at,
    attempt.status,
    attempt.error
from webhook_delivery as delivery
join webhook_endpoint as endpoint on endpoint.id = delivery.endpoint_id
left join lateral (
    select n, tried_at, status, error
    from webhook_attempt
    where webhook_attempt.delivery_id = delivery.id
    order by n desc
    limit 1
) as attempt on true
order by delivery.created_at desc, delivery.id
limit cast(:most as integer);
