-- What was used on which tier since the window's start: all that needs a price.
select distinct tier, provider_id, model_id
from usage_daily
where day >= (cast(:start as timestamptz) at time zone 'UTC')::date
order by tier, provider_id, model_id;
