-- Money that came in for one invoice, or failed to, in the order it was told of.
select
    payment.id,
    payment.method,
    payment.status,
    payment.payment_object,
    payment.amount_usd,
    payment.applied_usd,
    operator.name as recorded_by,
    payment.created_at
from payment_transaction as payment
left join operator on operator.id = payment.operator_id
where payment.user_id = cast(:user_id as uuid) and payment.invoice_id = cast(:invoice_id as uuid)
order by payment.created_at, payment.id;
