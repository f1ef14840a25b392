-- What a credit was worth and the step of a charge at one instant.
select unit_usd, increment
from credit_policy
where effective_from <= cast(:at as timestamptz)
order by effective_from desc
limit 1;
