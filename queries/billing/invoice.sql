-- One invoice with whose it is, and what its credits gave and still hold.
select
    invoice.user_id,
    invoice.id,
    invoice.number,
    customer.name as customer_name,
    customer.email as customer_email,
    invoice.subscription_id,
    invoice.reason,
    invoice.period_start,
    invoice.period_end,
    invoice.status,
    invoice.total_usd,
    invoice.paid_usd,
    invoice.refunded_usd,
    invoice.raised_at,
    invoice.paid_at,
    invoice.closed_at
from billing_invoice as invoice
join users as customer on customer.id = invoice.user_id
where invoice.user_id = cast(:user_id as uuid) and invoice.id = cast(:invoice_id as uuid);
