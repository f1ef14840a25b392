-- All credits that ever came in, less all that went out, are the credits that remain:
-- for each customer, and in all.
with

moved as (
    select user_id, reason, sum(amount) as amount, 0::numeric as remaining
    from credit_deduction_ledger
    group by user_id, reason
),

held as (
    select user_id, null as reason, 0::numeric as amount, sum(remaining) as remaining
    from user_credit_source
    group by user_id
),

sides as (
    select * from moved
    union all
    select * from held
),

by_customer as (
    select
        'customer ' || user_id as object,
        sum(amount) as amount,
        sum(remaining) as remaining,
        string_agg(format('%s %s', reason, amount), ', ' order by reason) filter (where reason is not null) as reasons
    from sides
    group by user_id
),

by_reason as (
    select reason, sum(amount) as amount, sum(remaining) as remaining
    from sides
    group by reason
),

in_all as (
    select
        'all customers' as object,
        sum(amount) as amount,
        sum(remaining) as remaining,
        string_agg(format('%s %s', reason, amount), ', ' order by reason) filter (where reason is not null) as reasons
    from by_reason
)

select object, format('the grants hold %s, the entries sum to %s (%s)', remaining, amount, reasons) as detail
from by_customer
where amount <> remaining
union all
select object, format('the grants hold %s, the entries sum to %s (%s)', remaining, amount, reasons) as detail
from in_all
where amount <> remaining;
