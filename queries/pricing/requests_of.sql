-- How many requests a window and its filters hold.
select coalesce(sum(requests), 0)::bigint as requests
from usage_daily
where day >= cast(:start as date)
    and day < cast(:end as date)
    and (cast(:providers as text[]) is null or provider_id in (select id from providers where name = any(cast(:providers as text[]))))
    and (cast(:models as text[]) is null or model_id = any(cast(:models as text[])))
    and (cast(:tiers as text[]) is null or tier = any(cast(:tiers as text[])))
    and (cast(:request_types as text[]) is null or request_type = any(cast(:request_types as text[])))
    and (cast(:key_modes as text[]) is null or key_mode = any(cast(:key_modes as text[])))
    and (cast(:statuses as text[]) is null or status = any(cast(:statuses as text[])));
