-- The customers behind ids and e-mails as they were typed; who is not found has no id.
select
    typed.name,
    coalesce(mailed.user_id, users.id) as customer_id
from unnest(cast(:names as text[])) as typed (name)
left join unique_key as mailed on mailed.kind = 'email' and mailed.value = lower(typed.name)
left join users on users.id = case
    when lower(typed.name) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then cast(typed.name as uuid)
end;
