-- The models there are, by provider; those a vendor no longer offers are not for new rules.
select
    providers.id as provider_id,
    providers.name as provider,
    providers.display_name as provider_title,
    model.id as model,
    model.is_available and not model.is_archived as is_available
from models as model
join providers on providers.id = model.provider_id
order by providers.display_name, model.id;
