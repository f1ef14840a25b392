-- The experiments of a customer, the newest first, with what the requests that name them used.
select
    experiment.id,
    experiment.user_id,
    experiment.api_key_mode,
    providers.name as provider,
    experiment.model_id as model,
    experiment.requests as requests_expected,
    experiment.estimated_credits,
    experiment.estimated_at,
    used.requests,
    used.credits_used,
    used.vendor_cost_usd
from experiment
join providers on providers.id = experiment.provider_id
cross join lateral (
    select
        count(*) as requests,
        coalesce(sum(usage.credits_due), 0) as credits_used,
        coalesce(sum(usage.vendor_cost), 0) as vendor_cost_usd
    from token_usage_ledger as usage
    where usage.user_id = experiment.user_id and usage.experiment_id = experiment.id
) as used
where experiment.user_id = :user_id and (cast(:id as uuid) is null or experiment.id = cast(:id as uuid))
order by experiment.estimated_at desc, experiment.id
limit cast(:most as integer);
