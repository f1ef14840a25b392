-- Takes the lock of one customer, before anything of theirs is read or moved.
select lock_balances(array[cast(:user_id as uuid)])::text as locked;
