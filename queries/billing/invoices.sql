-- Invoices, the newest first: all, or those of a state, a reason, a customer, or whom a text names.
select
    invoice.user_id,
    invoice.id,
    invoice.number,
    customer.name as customer_name,
    customer.email as customer_email,
    invoice.reason,
    invoice.status,
    invoice.total_usd,
    invoice.paid_usd,
    invoice.refunded_usd,
    invoice.raised_at,
    invoice.paid_at
from billing_invoice as invoice
join users as customer on customer.id = invoice.user_id
where (cast(:status as text) is null or invoice.status = cast(:status as text))
    and (cast(:reason as text) is null or invoice.reason = cast(:reason as text))
    and (cast(:customer_id as uuid) is null or invoice.user_id = cast(:customer_id as uuid))
    and (
        cast(:typed as text) is null
        or starts_with(lower(customer.email), lower(cast(:typed as text)))
        or starts_with(lower(customer.name), lower(cast(:typed as text)))
        or 'inv-' || invoice.number = lower(cast(:typed as text))
    )
order by invoice.raised_at desc, invoice.number desc
limit cast(:most as integer);
