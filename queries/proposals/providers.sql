-- Every provider, and whether it has a model of this name.
select
    provider.name,
    exists (
        select from models as model where model.provider_id = provider.id and model.id = cast(:model as text)
    ) as has_model
from providers as provider;
