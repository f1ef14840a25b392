-- The dearest requests of a period, out of the hundred dearest of each day and those that wait to be folded.
with

candidates as (
    select user_id, request_id, provider_id, model_id, vendor_cost_usd
    from usage_dearest_request
    where day >= cast(:start as date)
        and day < cast(:end as date)
        and (cast(:providers as text[]) is null or provider_id in (select id from providers where name = any(cast(:providers as text[]))))
        and (cast(:models as text[]) is null or model_id = any(cast(:models as text[])))
    union all
    select user_id, request_id, provider_id, model_id, dearest_cost_usd
    from usage_delta
    where dearest_cost_usd is not null
        and day >= cast(:start as date)
        and day < cast(:end as date)
        and (cast(:providers as text[]) is null or provider_id in (select id from providers where name = any(cast(:providers as text[]))))
        and (cast(:models as text[]) is null or model_id = any(cast(:models as text[])))
),

dearest as (
    select user_id, request_id, provider_id, model_id, vendor_cost_usd
    from candidates
    order by vendor_cost_usd desc, user_id, request_id
    limit :most
)

select
    dearest.user_id as customer_id,
    dearest.request_id,
    users.name as customer,
    providers.name as provider,
    providers.display_name as provider_title,
    dearest.model_id as model,
    usage.request_started_at as started_at,
    usage.input_tokens + usage.cached_input_tokens + usage.cache_write_tokens as tokens_in,
    usage.output_tokens as tokens_out,
    usage.status,
    dearest.vendor_cost_usd
from dearest
join token_usage_ledger as usage using (user_id, request_id)
join users on users.id = dearest.user_id
join providers on providers.id = dearest.provider_id
order by dearest.vendor_cost_usd desc, dearest.user_id, dearest.request_id;
