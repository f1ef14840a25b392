-- What a customer has, can spend and has on hold; no row for a customer nobody knows.
select
    users.id as user_id,
    coalesce(balance.amount, 0) as balance,
    spendable_credits(users.id, cast(:now as timestamptz)) as spendable,
    held_credits(users.id, cast(:now as timestamptz)) as held
from users
left join user_credit_balance as balance on balance.user_id = users.id
where users.id = customer_named(cast(:customer as text));
