-- The money a customer has with us: numbered without a gap, each from what the one before left, never below zero.
with

chained as (
    select
        user_id,
        seq,
        amount_usd,
        balance_before,
        balance_after,
        coalesce(lag(balance_after) over customer, 0) as left_before,
        row_number() over customer as place
    from account_credit
    window customer as (partition by user_id order by seq)
)

select
    format('account credit %s-%s', user_id, seq) as object,
    format('%s from %s makes %s; the entry before left %s', amount_usd, balance_before, balance_after, left_before) as detail
from chained
where seq <> place
    or balance_before <> left_before
    or balance_after <> balance_before + amount_usd
    or balance_after < 0;
