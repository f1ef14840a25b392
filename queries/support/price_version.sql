-- How many prices of one model of one vendor had started by a moment: the number of the version that held then.
select count(*) as version
from model_provider_pricing
where provider_id = cast(:provider_id as uuid)
    and model_name = cast(:model as text)
    and effective_from <= cast(:price_from as timestamptz);
