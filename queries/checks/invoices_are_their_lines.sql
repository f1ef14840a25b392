-- An invoice is the sum of its lines; what it says was paid and refunded is what payments and refunds
-- say; and what its lines took from or left as account credit stands there.
with

lines as (
    select
        user_id,
        invoice_id,
        sum(amount_usd) as total_usd,
        sum(amount_usd) filter (where kind in ('account_credit', 'carried_forward')) as credit_usd
    from billing_invoice_line
    group by user_id, invoice_id
),

payments as (
    select user_id, invoice_id, sum(applied_usd) as paid_usd
    from payment_transaction
    where status = 'succeeded'
    group by user_id, invoice_id
),

refunds as (
    select user_id, invoice_id, sum(amount_usd) as refunded_usd
    from subscription_refund
    group by user_id, invoice_id
),

credited as (
    select user_id, invoice_id, sum(amount_usd) as credit_usd
    from account_credit
    where origin in ('invoice', 'unused_time')
    group by user_id, invoice_id
)

select
    format('invoice INV-%s', invoice.number) as object,
    format(
        'total %s, lines %s; paid %s, payments %s; refunded %s, refunds %s; account credit %s, lines %s',
        invoice.total_usd, lines.total_usd, invoice.paid_usd, coalesce(payments.paid_usd, 0), invoice.refunded_usd,
        coalesce(refunds.refunded_usd, 0), coalesce(credited.credit_usd, 0), coalesce(lines.credit_usd, 0)
    ) as detail
from billing_invoice as invoice
left join lines on lines.user_id = invoice.user_id and lines.invoice_id = invoice.id
left join payments on payments.user_id = invoice.user_id and payments.invoice_id = invoice.id
left join refunds on refunds.user_id = invoice.user_id and refunds.invoice_id = invoice.id
left join credited on credited.user_id = invoice.user_id and credited.invoice_id = invoice.id
where invoice.total_usd is distinct from lines.total_usd
    or invoice.paid_usd <> coalesce(payments.paid_usd, 0)
    or invoice.refunded_usd <> coalesce(refunds.refunded_usd, 0)
    or coalesce(credited.credit_usd, 0) <> coalesce(lines.credit_usd, 0);
