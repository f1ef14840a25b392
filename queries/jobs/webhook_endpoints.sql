-- Every endpoint in use, and what was sent to it lately.
select
    endpoint.id as endpoint_id,
    endpoint.url,
    endpoint.events,
    maker.name as created_by,
    endpoint.created_at,
    count(delivery.id) filter (where delivery.state = 'delivered') as delivered,
    count(delivery.id) filter (where delivery.state = 'waiting') as waiting,
    count(delivery.id) filter (where delivery.state = 'given_up') as given_up
from webhook_endpoint as endpoint
left join operator as maker on maker.id = endpoint.created_by
left join webhook_delivery as delivery on delivery.endpoint_id = endpoint.id
where endpoint.active
group by endpoint.id, maker.name
order by endpoint.created_at, endpoint.id;
