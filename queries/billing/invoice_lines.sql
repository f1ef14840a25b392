-- The lines of one invoice, as they were written.
select
    line.kind,
    line.description,
    line.amount_usd
from billing_invoice_line as line
where line.user_id = cast(:user_id as uuid) and line.invoice_id = cast(:invoice_id as uuid)
order by line.position;
