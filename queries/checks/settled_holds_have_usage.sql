-- A settled hold has the request it was settled with, and no hold was both settled and released.
select
    format('hold %s/%s', hold.user_id, hold.id) as object,
    format(
        'settled %s, released %s, its request %s is %s', hold.settled_at, coalesce(cast(hold.released_at as text), 'never'),
        hold.request_id, case when usage.request_id is null then 'not in the usage ledger' else 'recorded' end
    ) as detail
from credit_hold as hold
left join token_usage_ledger as usage on usage.user_id = hold.user_id and usage.request_id = hold.request_id
where hold.settled_at is not null and (usage.request_id is null or hold.released_at is not null);
