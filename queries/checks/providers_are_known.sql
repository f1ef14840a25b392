-- Every request names a provider there is. A foreign key would lock the provider's row in every charge.
select
    format('request %s/%s', usage.user_id, usage.request_id) as object,
    format('provider %s is not known', usage.provider_id) as detail
from token_usage_ledger as usage
where not exists (select from providers where providers.id = usage.provider_id);
