-- What a change of plan in mid-period granted and withdrew stands in the ledger; what it came to, on its invoice.
with

invoiced as (
    select user_id, invoice_id, sum(amount_usd) as amount_usd
    from billing_invoice_line
    where kind in ('upgrade', 'unused', 'discount')
    group by user_id, invoice_id
)

select
    'proration ' || event.id as object,
    format(
        'granted %s (the grant %s), withdrew %s (the entry %s), came to %s (the invoice %s)',
        event.credits_granted, source.granted, event.credits_withdrawn, entry.amount, event.net_charge_usd,
        invoiced.amount_usd
    ) as detail
from proration_event as event
left join user_credit_source as source on source.user_id = event.user_id and source.id = event.source_id
left join credit_deduction_ledger as entry
    on entry.user_id = event.user_id and entry.seq = event.withdrawn_seq and entry.reason = 'proration'
left join invoiced on invoiced.user_id = event.user_id and invoiced.invoice_id = event.invoice_id
where event.status = 'applied'
    and (
        coalesce(source.granted, 0) <> event.credits_granted
        or coalesce(entry.amount, 0) <> -event.credits_withdrawn
        or coalesce(invoiced.amount_usd, 0) <> event.net_charge_usd
    );
