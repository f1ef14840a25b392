-- Every key ever made, those in force first, the latest first.
select
    api_key.id as api_key_id,
    api_key.name,
    api_key.prefix,
    api_key.scopes,
    api_key.limit_per_call_credits,
    api_key.limit_per_day_credits,
    maker.name as created_by,
    api_key.created_at,
    api_key.expires_at,
    api_key.revoked_at,
    revoker.name as revoked_by,
    api_key.last_used_at,
    api_key.requests_per_minute,
    successor.prefix as replaced_by,
    (
        select cast(coalesce(sum(rate.requests), 0) as bigint)
        from api_key_rate as rate
        where rate.api_key_id = api_key.id
            and rate.minute > cast(:now as timestamptz) - interval '1 hour'
            and rate.minute <= cast(:now as timestamptz)
    ) as requests_last_hour
from api_key
left join operator as maker on maker.id = api_key.created_by
left join operator as revoker on revoker.id = api_key.revoked_by
left join api_key as successor on successor.id = api_key.replaced_by
order by
    (api_key.revoked_at is null and (api_key.expires_at is null or api_key.expires_at > cast(:now as timestamptz))) desc,
    api_key.created_at desc,
    api_key.id;
