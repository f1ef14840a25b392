-- How many requests of a model cost otherwise by today's price history than what is written of them.
select count(*) as requests
from corrections_due(
    cast(:provider_id as uuid), cast(:model as text), cast(:start as timestamptz), cast(:end as timestamptz)
);
