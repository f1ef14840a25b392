-- What a credit is worth and the step of a charge, at one instant.
select credit_policy.unit_usd, credit_policy.increment
from credit_policy
where credit_policy.effective_from <= cast(:at as timestamptz)
order by credit_policy.effective_from desc
limit 1;
