-- No more money went back than was paid; a second person agreed to what we gave back, to the cent and once;
-- and what was taken back of the credits stands in the ledger.
with

asked as (
    select
        refund.*,
        request.state,
        request.payload,
        request.requested_person_id,
        request.decided_person_id
    from subscription_refund as refund
    left join approval_request as request on request.id = refund.approval_id and request.kind = 'refund_payment'
)

select
    format('refund %s/%s', asked.user_id, asked.id) as object,
    format(
        'gives %s back, takes %s credits back; approval %s asks for %s, its entry moves %s',
        asked.amount_usd, asked.credits_clawed_back, coalesce(asked.state, 'none'), asked.payload ->> 'amount_usd',
        entry.amount
    ) as detail
from asked
left join credit_deduction_ledger as entry on entry.user_id = asked.user_id and entry.seq = asked.clawback_seq
where (
        asked.refund_type = 'manual'
        and (
            asked.state is distinct from 'approved'
            or asked.decided_person_id is null
            or asked.decided_person_id is not distinct from asked.requested_person_id
            or cast(asked.payload ->> 'amount_usd' as numeric) is distinct from asked.amount_usd
            or asked.payload ->> 'user_id' is distinct from asked.user_id::text
            or asked.payload ->> 'invoice_id' is distinct from asked.invoice_id::text
        )
    )
    or asked.credits_clawed_back <> coalesce(-entry.amount, 0)
    or (entry.seq is not null and entry.reason <> 'clawback')
union all
select
    format('invoice %s/%s', refund.user_id, refund.invoice_id) as object,
    format('%s went back of %s paid', refund.refunded_usd, coalesce(payment.paid_usd, 0)) as detail
from (
    select user_id, invoice_id, sum(amount_usd) as refunded_usd from subscription_refund group by user_id, invoice_id
) as refund
left join (
    select user_id, invoice_id, sum(applied_usd) as paid_usd from payment_transaction group by user_id, invoice_id
) as payment on payment.user_id = refund.user_id and payment.invoice_id = refund.invoice_id
where refund.refunded_usd > coalesce(payment.paid_usd, 0)
union all
select
    'approval ' || request.id as object,
    'was approved, and no refund names it' as detail
from approval_request as request
where request.kind = 'refund_payment'
    and request.state = 'approved'
    and not exists (
        select
        from subscription_refund as refund
        where refund.approval_id = request.id and refund.user_id = cast(request.payload ->> 'user_id' as uuid)
    );
