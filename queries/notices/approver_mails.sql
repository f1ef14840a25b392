-- The latest e-mails to those who may decide: what became of each, and why the last try failed.
select
    mail.id,
    mail.object_kind,
    mail.object_id,
    mail.event,
    operator.name as recipient,
    mail.state,
    mail.created_at,
    coalesce(attempt.n, 0) as tries,
    attempt.tried_at,
    attempt.error
from approver_mail as mail
join operator on operator.id = mail.operator_id
left join lateral (
    select approver_mail_attempt.n, approver_mail_attempt.tried_at, approver_mail_attempt.error
    from approver_mail_attempt
    where approver_mail_attempt.mail_id = mail.id
    order by approver_mail_attempt.n desc
    limit 1
) as attempt on true
order by mail.created_at desc, mail.id
limit cast(:most as integer);
