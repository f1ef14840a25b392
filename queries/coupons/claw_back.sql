-- Takes back what a grant still holds.
select seq, coalesce(credits, 0) as credits, balance_after as balance
from take_from_grants(
    cast(:user_id as uuid), array[cast(:grant_id as uuid)], cast(:credits as numeric), 'clawback', null,
    p_posted_at => cast(:posted_at as timestamptz)
);
