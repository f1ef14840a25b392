-- The grants an invoice paid for: of a pack its one grant, of a plan the allowances of its period, the newest first.
select
    source.id as source_id,
    source.granted,
    source.remaining
from billing_invoice as invoice
join user_credit_source as source on source.user_id = invoice.user_id
where invoice.user_id = cast(:user_id as uuid)
    and invoice.id = cast(:invoice_id as uuid)
    and (
        exists (
            select
            from credit_purchase as purchase
            where purchase.user_id = invoice.user_id
                and purchase.invoice_id = invoice.id
                and purchase.grant_id = source.id
        )
        or exists (
            select
            from credit_allocation as allocation
            where allocation.user_id = invoice.user_id
                and allocation.subscription_id = invoice.subscription_id
                and allocation.source_id = source.id
                and allocation.allocation_period_start >= invoice.period_start
                and allocation.allocation_period_start < invoice.period_end
        )
    )
order by source.effective_at desc, source.id;
