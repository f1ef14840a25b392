-- What a customer has now, and what they can spend of it.
select
    coalesce(balance.amount, 0) as balance,
    spendable_credits(users.id, cast(:now as timestamptz)) as spendable
from users
left join user_credit_balance as balance on balance.user_id = users.id
where users.id = cast(:user_id as uuid);
