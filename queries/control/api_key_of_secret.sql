-- The key of an Authorization header, if it is in force now.
select
    id as api_key_id,
    name,
    scopes,
    last_used_at
from api_key
where secret_sha256 = cast(:secret_sha256 as bytea)
    and revoked_at is null
    and (expires_at is null or expires_at > cast(:now as timestamptz));
