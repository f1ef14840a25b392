-- What is open, what came in and went back in a span of time, and money from Stripe that belongs to nothing yet.
select
    (select count(*) from billing_invoice where status = 'open') as open_invoices,
    (select coalesce(sum(total_usd), 0) from billing_invoice where status = 'open') as open_usd,
    (
        select coalesce(sum(amount_usd), 0) from payment_transaction
        where status = 'succeeded' and created_at >= cast(:since as timestamptz)
    ) as paid_usd,
    (
        select coalesce(sum(amount_usd), 0) from subscription_refund where created_at >= cast(:since as timestamptz)
    ) as refunded_usd,
    (
        select coalesce(sum(loss_usd), 0) from subscription_refund where created_at >= cast(:since as timestamptz)
    ) as loss_usd,
    (
        select coalesce(sum(balance_after), 0)
        from (
            select distinct on (user_id) balance_after from account_credit order by user_id, seq desc
        ) as latest
    ) as account_credit_usd,
    (select count(*) from webhook_event where state in ('waiting', 'unmatched')) as unmatched;
