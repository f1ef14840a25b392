-- Packs that were paid: how many, for how much, and what of their credits is left; those sold below cost apart.
select
    count(*) filter (where invoice.status = 'paid') as paid_packs,
    coalesce(sum(purchase.price_usd) filter (where invoice.status = 'paid'), 0) as paid_usd,
    coalesce(sum(source.remaining), 0) as remaining,
    count(*) filter (where invoice.status = 'open') as open_packs,
    count(*) filter (where purchase.is_below_cost and invoice.status = 'paid') as below_cost
from credit_purchase as purchase
join billing_invoice as invoice on invoice.user_id = purchase.user_id and invoice.id = purchase.invoice_id
left join user_credit_source as source on source.user_id = purchase.user_id and source.id = purchase.grant_id;
