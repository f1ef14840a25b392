-- Plans for which the clock has something to do, longest due first; also those whose unpaid invoice was paid,
-- or given up, since.
select subscription.user_id, subscription.id as subscription_id
from subscription_monetization as subscription
where subscription.next_due_at <= cast(:now as timestamptz)
    or (
        subscription.unpaid_invoice_id is not null
        and exists (
            select from billing_invoice as invoice
            where invoice.user_id = subscription.user_id
                and invoice.id = subscription.unpaid_invoice_id
                and invoice.status in ('paid', 'void')
        )
    )
order by subscription.next_due_at, subscription.user_id, subscription.id;
