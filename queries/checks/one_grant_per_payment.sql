-- A paid pack was granted once, as it was bought; one that was not paid was not granted; no payment was
-- counted twice.
select
    format('purchase %s/%s', purchase.user_id, purchase.id) as object,
    format(
        'its invoice is %s; bought %s credits for %s, granted %s for %s',
        coalesce(invoice.status, 'not there'), purchase.credits, purchase.price_usd, coalesce(source.granted, 0),
        coalesce(source.paid_usd, 0)
    ) as detail
from credit_purchase as purchase
left join billing_invoice as invoice on invoice.user_id = purchase.user_id and invoice.id = purchase.invoice_id
left join user_credit_source as source on source.user_id = purchase.user_id and source.id = purchase.grant_id
where invoice.id is null
    or (invoice.status = 'paid') <> (source.id is not null)
    or source.granted <> purchase.credits
    or source.paid_usd <> purchase.price_usd
    or source.source <> 'purchase'
union all
select
    'payment ' || min(payment_object) as object,
    format('%s payments of one name', count(*)) as detail
from payment_transaction
where status = 'succeeded'
group by method, payment_object
having count(*) > 1
union all
select
    'payment ' || payment.payment_object as object,
    'its name was not claimed for its customer' as detail
from payment_transaction as payment
left join unique_key as claim
    on claim.kind = 'payment' and claim.value = payment.method || ':' || payment.payment_object
where payment.status = 'succeeded' and claim.user_id is distinct from payment.user_id;
