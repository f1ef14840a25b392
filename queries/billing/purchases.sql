-- Packs as they were bought, the newest first: all, or those sold below what their credits may cost.
select
    purchase.user_id,
    purchase.id,
    customer.name as customer_name,
    customer.email as customer_email,
    pack.title as pack_title,
    purchase.credits,
    purchase.price_usd,
    purchase.tier,
    purchase.multiplier,
    purchase.unit_usd,
    purchase.is_below_cost,
    purchase.invoice_id,
    invoice.number as invoice_number,
    invoice.status,
    invoice.refunded_usd,
    coalesce(source.remaining, 0) as remaining,
    purchase.created_at
from credit_purchase as purchase
join credit_pack as pack on pack.code = purchase.pack_code
join users as customer on customer.id = purchase.user_id
join billing_invoice as invoice on invoice.user_id = purchase.user_id and invoice.id = purchase.invoice_id
left join user_credit_source as source on source.user_id = purchase.user_id and source.id = purchase.grant_id
where not cast(:below_cost as boolean) or purchase.is_below_cost
order by purchase.created_at desc, purchase.user_id, purchase.id
limit cast(:most as integer);
