-- The key of an Authorization header, if it is in force now, and what it may ask in a minute.
select
    id as api_key_id,
    name,
    scopes,
    coalesce(
        requests_per_minute,
        (select cast(value #>> '{}' as integer) from setting where key = 'api_key_requests_per_minute'),
        cast(:per_minute as integer)
    ) as requests_per_minute,
    last_used_at
from api_key
where secret_sha256 = cast(:secret_sha256 as bytea)
    and revoked_at is null
    and (expires_at is null or expires_at > cast(:now as timestamptz));
